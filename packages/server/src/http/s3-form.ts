/**
 * Browser forms: POST of multipart/form-data to a bucket. The signature and the policy are fields, so the form is read up to
 * its file before anybody is known. Order: signature, policy, permission, file.
 */
import {
  checkPostPolicy,
  checkPostSize,
  checkScope,
  escapeXml,
  parseHost,
  readPostCredentials,
  signingKey,
  verifyPost,
} from '@understudy/wire'
import type { Credentials, FormFields, WireRequest } from '@understudy/wire'
import type { Authenticated } from '../credentials/authenticate.ts'
import { identify } from '../credentials/identify.ts'
import { keyRefusal } from '../credentials/key-refusals.ts'
import type { Call } from '../services/operation.ts'
import { postObject, readBrowserForm } from '../services/s3/index.ts'
import type { PostObjectInput, PostObjectOutput } from '../services/s3/index.ts'
import type { Reader } from '../store/port.ts'
import { NO_ACCOUNT, askerOf, factsOf, signedWith } from './call.ts'
import { bodyStream } from './exchange.ts'
import type { Answer } from './exchange.ts'
import { perform } from './perform.ts'
import { once } from './s3-body.ts'
import type { Visit } from './visit.ts'
import { authenticationError } from './wire-errors.ts'
import { parseXml } from './xml.ts'

/** The bucket of a request that can only be a browser's form: POST to a bucket without a sub-resource. */
export function formBucket(wire: WireRequest, baseHosts: readonly string[]): string | undefined {
  if (wire.method !== 'POST' || wire.query !== '') return undefined
  const path = wire.path.replace(/^\//, '')
  const { bucket } = parseHost(wire.host, baseHosts)
  if (bucket !== undefined) return path === '' ? bucket : undefined
  const [, name] = /^([a-z0-9][a-z0-9.-]+)\/?$/.exec(path) ?? []
  return name
}

/** Serves one form. @throws AwsError */
export async function serveForm(bucket: string, visit: Visit): Promise<Answer> {
  const { exchange, parts } = visit
  visit.note.operation = 'PostObject'
  const read = await readBrowserForm(exchange.wire.headers['content-type'], bodyStream(exchange))
  const use = { taken: false }
  const form = { ...read, file: { ...read.file, bytes: once(read.file.bytes, use) } }
  const result = await signedWith(visit, (reader) => authenticateForm(form.fields, reader, visit))
  if (!result.ok) throw authenticationError(result.refusal)
  const signed = result.kind === 'signed' ? result : undefined
  const policy = signed ? checkPostPolicy({ fields: form.fields, bucket, now: parts.platform.clock.wire() }) : undefined
  if (policy && !policy.ok) throw authenticationError(policy)
  const range = policy?.size
  const tagging = form.fields.find(([name]) => name.toLowerCase() === 'tagging')
  const root = tagging && parseXml(tagging[1])
  const input: PostObjectInput = {
    Bucket: bucket,
    form,
    ...(root && { tagging: root }),
    checkSize: (bytes) => {
      const checked = range && checkPostSize(range, bytes)
      return checked && !checked.ok ? authenticationError(checked) : undefined
    },
  }
  const caller = signed?.caller ?? { kind: 'anonymous' as const, principal: { kind: 'anonymous' as const } }
  const call: Call = {
    service: 's3',
    operation: 'PostObject',
    caller,
    account: signed?.caller.account ?? NO_ACCOUNT,
    region: visit.region,
    now: visit.now,
    request: factsOf(visit, signed?.credentials),
    platform: parts.platform,
  }
  const asker = askerOf(visit, caller)
  const work = { call, asker, store: parts.store, trace: visit.trace, bodyTaken: () => use.taken }
  return written((await perform(postObject, input, work)) as PostObjectOutput)
}

/** The dates of a form bind its policy, which has an expiration of its own: the fifteen minutes of other requests do not count. */
async function authenticateForm(fields: FormFields, reader: Reader, visit: Visit): Promise<Authenticated> {
  const read = readPostCredentials(fields)
  if (!read.ok) return { ok: false, refusal: read }
  if (read.kind === 'none') return { ok: true, kind: 'anonymous' }
  const { credentials } = read
  const { accessKeyId } = credentials
  if (credentials.version !== 'v2') {
    const scope = checkScope({ credentials, dialect: 's3', service: 's3', region: visit.hostRegion })
    if (!scope.ok) return { ok: false, refusal: scope, accessKeyId }
  }
  const identified = await identify({ ...credentials, now: visit.now }, reader, visit.parts.platform)
  if (!identified.ok) return { ok: false, refusal: keyRefusal(identified, credentials, 's3'), accessKeyId }
  const verified = verifyPost({ fields, credentials, key: keyFor(credentials, identified.secret) })
  return verified.ok
    ? { ok: true, kind: 'signed', caller: identified.caller, credentials }
    : { ok: false, refusal: verified, accessKeyId }
}

const keyFor = (credentials: Credentials, secret: string) =>
  credentials.version === 'v4' ? signingKey(secret, credentials.date, credentials.region, credentials.service) : secret

/** The body of a 201. */
function written({ status, headers, created }: PostObjectOutput): Answer {
  if (!created) return { status, headers }
  const members = Object.entries(created).map(([name, value]) => `<${name}>${escapeXml(value)}</${name}>`)
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<PostResponse>${members.join('')}</PostResponse>`
  return { status, headers: { ...headers, 'content-type': 'application/xml' }, body }
}
