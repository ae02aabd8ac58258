/**
 * What AssumeRoleWithWebIdentity costs beside AssumeRole: `node tools/bench/web-identity.ts`. The issuer is the lab's, so its
 * keys are at hand; the token is signed with RS256. Rounds are interleaved, the best of each counts.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { signV4 } from '@understudy/wire'
import { run } from './load.ts'

const ROOT = resolve(fileURLToPath(import.meta.url), '../../..')
const BIN = resolve(ROOT, 'packages/server/bin/understudy.js')
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 4)
const MILLISECONDS = Number(process.env['BENCH_MILLISECONDS'] ?? 1500)
const ACCOUNT = '111122223333'
const GITHUB = 'token.actions.githubusercontent.com'
const administrator = { accessKeyId: 'AKIAQBENCHMARKADMINA', secretAccessKey: 'only-for-benchmarks-admin' }
const trust = (statement: object) => ({ Version: '2012-10-17', Statement: { Effect: 'Allow', ...statement } })
const seed = {
  accounts: [
    {
      id: ACCOUNT,
      administrator,
      oidcProviders: [{ url: `https://${GITHUB}`, clientIds: ['sts.amazonaws.com'] }],
      roles: [
        {
          roleName: 'Target',
          assumeRolePolicyDocument: trust({ Principal: { AWS: ACCOUNT }, Action: 'sts:AssumeRole' }),
        },
        {
          roleName: 'Deploy',
          assumeRolePolicyDocument: trust({
            Principal: { Federated: `arn:aws:iam::${ACCOUNT}:oidc-provider/${GITHUB}` },
            Action: 'sts:AssumeRoleWithWebIdentity',
            Condition: {
              StringEquals: { [`${GITHUB}:aud`]: 'sts.amazonaws.com' },
              StringLike: { [`${GITHUB}:sub`]: 'repo:octo-org/app:*' },
            },
          }),
        },
      ],
    },
  ],
  lab: { github: true },
}

const role = (name: string): string => encodeURIComponent(`arn:aws:iam::${ACCOUNT}:role/${name}`)
const TYPE = 'application/x-www-form-urlencoded'

function signedCall(port: number): Buffer {
  const body = `Action=AssumeRole&Version=2011-06-15&RoleArn=${role('Target')}&RoleSessionName=bench`
  const { headers } = signV4({
    request: {
      method: 'POST',
      rawPath: '/',
      rawQuery: '',
      headers: [
        ['Host', `127.0.0.1:${port}`],
        ['Content-Type', TYPE],
      ],
    },
    signer: { ...administrator, region: 'us-east-1', service: 'sts' },
    now: Date.now(),
    body,
  })
  return post(body, headers.map(([name, value]) => `${name}: ${value}\r\n`).join(''))
}

const tokenCall = (port: number, token: string): Buffer =>
  post(
    `Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=${role('Deploy')}&RoleSessionName=bench&WebIdentityToken=${token}`,
    `Host: 127.0.0.1:${port}\r\nContent-Type: ${TYPE}\r\n`,
  )

const post = (body: string, headers: string): Buffer =>
  Buffer.from(
    `POST / HTTP/1.1\r\n${headers}User-Agent: bench\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )

async function minted(env: NodeJS.ProcessEnv): Promise<string> {
  const child = spawn(process.execPath, [BIN, 'token', 'mint', 'github', '--repo', 'octo-org/app'], { env })
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
  return line
}

async function measure(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'understudy-bench-'))
  const seedFile = join(folder, 'seed.json')
  writeFileSync(seedFile, JSON.stringify(seed))
  const args = [BIN, 'start', '--ephemeral', '--seed', seedFile, '--listen', '127.0.0.1:0', '--console', '127.0.0.1:0']
  const env = { ...process.env, XDG_STATE_HOME: join(folder, 'state') }
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    const ended = once(child, 'exit').then(() => {
      throw new Error('the server ended before it was ready')
    })
    const [line] = (await Promise.race([once(createInterface({ input: child.stdout }), 'line'), ended])) as [string]
    ended.catch(() => undefined)
    const [, port, console_, pid] = /aws=http:\/\/127\.0\.0\.1:(\d+) console=(\S+) pid=(\d+)/.exec(line) ?? []
    const token = await minted({ ...env, UNDERSTUDY_SERVER: console_ })
    const calls = { AssumeRole: signedCall(Number(port)), AssumeRoleWithWebIdentity: tokenCall(Number(port), token) }
    const cpu = new Map<string, number>()
    for (let round = 0; round <= ROUNDS; round++)
      for (const [name, request] of Object.entries(calls)) {
        const load = { host: '127.0.0.1', port: Number(port), request, connections: 16, milliseconds: MILLISECONDS }
        const result = await run({ ...load, pid: Number(pid) })
        // The first round warms up.
        if (round > 0) cpu.set(name, Math.min(cpu.get(name) ?? Infinity, result.cpuMicroseconds ?? Infinity))
      }
    const [plain = NaN, web = NaN] = [...cpu.values()]
    process.stdout.write(
      `AssumeRole ${plain.toFixed(0)} µs of CPU, AssumeRoleWithWebIdentity ${web.toFixed(0)} µs\n` +
        `AssumeRoleWithWebIdentity / AssumeRole: ${(web / plain).toFixed(2)} (at most 2.5)\n`,
    )
  } finally {
    child.kill('SIGTERM')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    rmSync(folder, { recursive: true, force: true })
  }
}

await measure()
