/**
 * What AssumeRoleWithSAML costs: `node tools/bench/saml.ts`. The identity provider is the lab's; one call after the other over
 * one connection, so the figure is a caller's waiting time. The goal is under 8 ms.
 */
import { openCore, listenAws } from '../../packages/server/src/main.ts'
import { labSamlIdps } from '../../packages/server/src/entities/saml.ts'
import { mintAssertion } from '../../packages/server/src/federation/saml/lab.ts'
import { knownAccountId } from '../../packages/server/src/domain/brands.ts'
import { systemChance } from '../../packages/server/src/domain/chance.ts'
import { applySeed } from '../../packages/server/src/seed/apply.ts'
import { parseSeed } from '../../packages/server/src/seed/parse.ts'

const CALLS = Number(process.env['BENCH_CALLS'] ?? 400)
const WARM_UP = 100
const ACCOUNT = knownAccountId('111122223333')
const ROLE = `arn:aws:iam::${ACCOUNT}:role/Target`
const IDP = `arn:aws:iam::${ACCOUNT}:saml-provider/corp`
const seed = {
  accounts: [
    {
      id: ACCOUNT,
      samlProviders: [{ name: 'corp', lab: true }],
      roles: [
        {
          roleName: 'Target',
          assumeRolePolicyDocument: {
            Version: '2012-10-17',
            Statement: {
              Effect: 'Allow',
              Principal: { Federated: IDP },
              Action: ['sts:AssumeRoleWithSAML', 'sts:TagSession'],
              Condition: { StringEquals: { 'saml:aud': 'https://signin.aws.amazon.com/saml' } },
            },
          },
        },
      ],
    },
  ],
}

async function measure(): Promise<void> {
  const core = await openCore({
    store: { kind: 'ephemeral' },
    outerKey: systemChance.bytes(32),
    node: 'bench',
    log: () => undefined,
  })
  const aws = await listenAws(core, '127.0.0.1:0')
  try {
    const parsed = await parseSeed(JSON.stringify(seed))
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
    await applySeed(parsed.seed, core.store, core.platform)
    const row = await core.store.read((reader) => reader.get(labSamlIdps, ACCOUNT, 'corp'))
    if (row === undefined) throw new Error('the seed made no identity provider')
    const { vault, chance, clock } = core.platform
    const at = { account: ACCOUNT, now: clock.wire(), vault, chance }
    const assertion = mintAssertion(
      row,
      {
        roleValues: [`${ROLE},${IDP}`],
        subject: 'alice',
        sessionName: 'alice',
        tags: new Map([['team', 'blue']]),
        transitiveTagKeys: [],
        attributes: new Map(),
      },
      at,
    )
    await timed(aws.url, assertion, WARM_UP)
    const before = process.cpuUsage()
    const times = await timed(aws.url, assertion, CALLS)
    const used = process.cpuUsage(before)
    const cpu = (used.user + used.system) / 1000 / times.length
    const shown = (share: number): string => (times[Math.floor(times.length * share)] ?? NaN).toFixed(2)
    process.stdout.write(
      `AssumeRoleWithSAML, ${times.length} calls: median ${shown(0.5)} ms, 90 % under ${shown(0.9)} ms, best ${shown(0)} ms; ` +
        `${cpu.toFixed(2)} ms of CPU a call, the client's part included (goal: under 8)\n`,
    )
  } finally {
    await aws.close()
    await core.close()
  }
}

async function timed(url: string, assertion: string, calls: number): Promise<readonly number[]> {
  const body = new URLSearchParams({
    Action: 'AssumeRoleWithSAML',
    Version: '2011-06-15',
    RoleArn: ROLE,
    PrincipalArn: IDP,
    SAMLAssertion: assertion,
  }).toString()
  const times: number[] = []
  for (let call = 0; call < calls; call++) {
    const began = performance.now()
    const response = await fetch(`${url}/`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body,
    })
    const text = await response.text()
    if (response.status !== 200) throw new Error(text)
    times.push(performance.now() - began)
  }
  return times.toSorted((a, b) => a - b)
}

await measure()
