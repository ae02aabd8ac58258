/** Unmodified clients fetch instance credentials: the JavaScript provider, botocore and the command line. */
import assert from 'node:assert/strict'
import { execFile, spawn, spawnSync } from 'node:child_process'
import { createInterface } from 'node:readline/promises'
import { afterEach, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { fromInstanceMetadata } from '@aws-sdk/credential-providers'
import { instances } from '../../packages/server/src/entities/ec2.ts'
import { instanceProfiles } from '../../packages/server/src/entities/iam.ts'
import { anInstance, aProfile, optional, refused, world } from '../../packages/server/src/imds/fixture.ts'
import type { World } from '../../packages/server/src/imds/fixture.ts'

const MINUTE = 60_000
const ENDPOINT = 'AWS_EC2_METADATA_SERVICE_ENDPOINT'
const run = promisify(execFile)

const open: World[] = []
afterEach(async () => {
  delete process.env[ENDPOINT]
  for (const here of open.splice(0)) await here.close()
})

/** @param minutesBehind how far the server's clock is behind: its documents have that much less to live */
async function serving(rows = [anInstance()], minutesBehind = 0, settings = {}): Promise<World> {
  const here = await world(rows, settings, new Date(Date.now() - minutesBehind * MINUTE).toISOString())
  open.push(here)
  return here
}

interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

/** Checks that the credentials are a live session of the role, and returns how they were delivered. */
async function delivered(here: World, credentials: Credentials): Promise<string> {
  const opened = await here.parts.issuer.open(credentials.sessionToken ?? '', credentials.accessKeyId)
  assert.ok(opened.ok)
  assert.equal(opened.secretAccessKey, credentials.secretAccessKey)
  assert.ok(opened.facts.expiresAt > here.clock.session())
  assert.equal(opened.facts.holder.kind === 'role' && opened.facts.holder.name, 'Reader')
  assert.ok(opened.facts.proof.kind === 'instance')
  return opened.facts.proof.roleDelivery
}

describe('JavaScript, fromInstanceMetadata', () => {
  test('with tokens required, and version 1 switched off', async () => {
    const here = await serving()
    process.env[ENDPOINT] = here.address()
    for (const ec2MetadataV1Disabled of [false, true]) {
      const credentials = await fromInstanceMetadata({ ec2MetadataV1Disabled, maxRetries: 0 })()
      assert.equal(await delivered(here, credentials), '2.0')
      const life = (credentials.expiration?.getTime() ?? 0) - Date.now()
      assert.ok(life > 5 * 60 * MINUTE)
    }
  })

  test('an endpoint with a slash at its end', async () => {
    const here = await serving()
    process.env[ENDPOINT] = `${here.address()}/`
    assert.equal(await delivered(here, await fromInstanceMetadata()()), '2.0')
  })

  test('a Host that is not accepted: an error, and still version 2 afterwards', async () => {
    const here = await serving([anInstance(optional)])
    const provider = fromInstanceMetadata({ maxRetries: 0 })
    process.env[ENDPOINT] = here.address().replace('127.0.0.1', '0.0.0.0')
    await assert.rejects(provider())
    process.env[ENDPOINT] = here.address()
    assert.equal(await delivered(here, await provider()), '2.0')
  })

  const failing: readonly [name: string, change: (here: World) => Promise<void>, message: RegExp][] = [
    [
      'a refused trust',
      async (here) => {
        here.trust.decision = refused
      },
      /Invalid response received from instance metadata service/,
    ],
    ['a profile without a role', (here) => here.put(instanceProfiles, aProfile(undefined)), /./],
    [
      'no profile',
      (here) => {
        const { profile: _, ...bare } = anInstance({ generation: 2 })
        return here.put(instances, bare)
      },
      /Error response received from instance metadata service/,
    ],
  ]
  for (const [name, change, message] of failing)
    test(`${name}: its usual message`, async () => {
      const here = await serving()
      await change(here)
      process.env[ENDPOINT] = here.address()
      await assert.rejects(fromInstanceMetadata({ maxRetries: 0 })(), message)
    })
})

const hasPython = (module: string): boolean => spawnSync('python3', ['-c', `import ${module}`]).status === 0
const without = (module: string) => (hasPython(module) ? false : `python3 with ${module} is not here`)

const environment = (endpoint: string): NodeJS.ProcessEnv => {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_'))
  return {
    ...Object.fromEntries(kept),
    [ENDPOINT]: endpoint,
    AWS_CONFIG_FILE: '/nonexistent/config',
    AWS_SHARED_CREDENTIALS_FILE: '/nonexistent/credentials',
    AWS_EC2_METADATA_V1_DISABLED: 'true',
  }
}

/** Fetches; then, at each line of its input, comes into its last 14 minutes and fetches again. */
const BOTOCORE = `
import datetime, json, sys
import botocore.session
from botocore.utils import IMDSRegionProvider
session = botocore.session.get_session()
credentials = session.get_credentials()
def show():
    if credentials is None:
        print(json.dumps(None), flush=True)
        return
    now = credentials.get_frozen_credentials()
    print(json.dumps({'accessKeyId': now.access_key, 'secretAccessKey': now.secret_key, 'sessionToken': now.token,
                      'region': IMDSRegionProvider(session).provide()}), flush=True)
show()
for line in sys.stdin:
    credentials._expiry_time = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=14)
    show()
`

describe('botocore', { skip: without('botocore') }, () => {
  /** Runs the program; `again` makes it refresh. Every answer is one line. */
  function botocore(here: World) {
    const child = spawn('python3', ['-c', BOTOCORE], {
      env: environment(here.address()),
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    const answer = async () => {
      const { value, done } = await lines.next()
      assert.ok(done !== true, 'botocore raised')
      return JSON.parse(value) as (Credentials & { readonly region: string }) | null
    }
    return {
      first: answer,
      again: () => {
        child.stdin.write('\n')
        return answer()
      },
      end: () => child.stdin.end(),
    }
  }

  test('credentials and the region, without version 1', async () => {
    const here = await serving()
    const client = botocore(here)
    const found = await client.first()
    client.end()
    assert.ok(found)
    assert.equal(await delivered(here, found), '2.0')
    assert.equal(found.region, 'eu-central-1')
  })

  test('the store is down while botocore is in its last 15 minutes: no exception', async () => {
    const here = await serving([anInstance()], 20, { lifetimeSeconds: 2100, periodSeconds: 300 })
    const client = botocore(here)
    const before = await client.first()
    here.trouble.store = 'down'
    for (const minutes of [0, 6, 6]) {
      here.clock.advance(minutes * MINUTE)
      assert.equal((await client.again())?.accessKeyId, before?.accessKeyId)
    }
    here.trouble.store = 'none'
    assert.notEqual((await client.again())?.accessKeyId, before?.accessKeyId)
    client.end()
  })

  test('a refused trust is no credentials, silently; the reason is in the document', async () => {
    const here = await serving()
    here.trust.decision = refused
    const client = botocore(here)
    assert.equal(await client.first(), null)
    client.end()
    assert.equal(here.service.list()[0]?.refusal, 'The trust policy is silent.')
  })
})

describe('awscli', { skip: without('awscli') }, () => {
  const aws = (here: World, ...words: string[]) =>
    run('python3', ['-m', 'awscli', ...words], { env: environment(here.address()) })

  test('s3 presign, which needs credentials and nothing else', async () => {
    const here = await serving()
    const { stdout } = await aws(here, 's3', 'presign', 's3://reports/q3.csv', '--region', 'eu-central-1')
    const { searchParams } = new URL(stdout.trim())
    const accessKeyId = searchParams.get('X-Amz-Credential')?.split('/', 1)[0] ?? ''
    const opened = await here.parts.issuer.open(searchParams.get('X-Amz-Security-Token') ?? '', accessKeyId)
    assert.ok(opened.ok && opened.facts.proof.kind === 'instance')
    assert.equal(opened.facts.proof.roleDelivery, '2.0')
  })

  test('a refused trust: its usual message', async () => {
    const here = await serving()
    here.trust.decision = refused
    await assert.rejects(
      aws(here, 'sts', 'get-caller-identity', '--region', 'eu-central-1'),
      /Unable to locate credentials/,
    )
  })
})
