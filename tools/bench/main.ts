/**
 * `npm run bench`: what a request costs, as ratios within one run. The server and the load generator have a core each where
 * `taskset` is there; rounds are interleaved, the best of each counts, since machines are noisy.
 */
import { spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { signV4 } from '@understudy/wire'
import { fillRoles } from './fill.ts'
import { residentMebibytes, run } from './load.ts'
import type { LoadResult } from './load.ts'
import { moto } from './moto.ts'

const ROOT = resolve(fileURLToPath(import.meta.url), '../../..')
const BIN = resolve(ROOT, 'packages/server/bin/understudy.js')
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 4)
const MILLISECONDS = Number(process.env['BENCH_MILLISECONDS'] ?? 2000)
const CONNECTIONS = 32
const MANY_ROLES = 100_000
const pinned = spawnSync('taskset', ['--version']).status === 0

const user = { accessKeyId: 'AKIAQBENCHMARKUSERAA', secretAccessKey: 'only-for-benchmarks' }
const administrator = { accessKeyId: 'AKIAQBENCHMARKADMINA', secretAccessKey: 'only-for-benchmarks-admin' }
const ACCOUNT = '111122223333'
const ROLE = `arn:aws:iam::${ACCOUNT}:role/Target`
const ASSUME = ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity']
const seed = {
  accounts: [
    {
      id: ACCOUNT,
      name: 'bench',
      administrator,
      users: [
        {
          userName: 'caller',
          accessKeys: [user],
          inlinePolicies: {
            own: {
              Version: '2012-10-17',
              Statement: { Effect: 'Allow', Action: [...ASSUME, 's3:GetObject'], Resource: '*' },
            },
          },
        },
      ],
      roles: [
        {
          roleName: 'Target',
          assumeRolePolicyDocument: {
            Version: '2012-10-17',
            Statement: { Effect: 'Allow', Principal: { AWS: ACCOUNT }, Action: ASSUME },
          },
          inlinePolicies: {
            own: { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: 's3:*', Resource: '*' } },
          },
        },
      ],
      buckets: [
        {
          bucket: 'bench',
          policy: {
            Version: '2012-10-17',
            Statement: {
              Effect: 'Allow',
              Principal: { AWS: `arn:aws:iam::${ACCOUNT}:user/caller` },
              Action: 's3:GetObject',
              Resource: 'arn:aws:s3:::bench/*',
            },
          },
          objects: { kibibyte: 'x'.repeat(1024) },
        },
      ],
    },
  ],
}

interface Server {
  readonly port: number
  readonly pid: number
  /** Milliseconds from the start of the process to the first answered request. */
  readonly startMilliseconds: number
  readonly stop: () => Promise<void>
}

const children: ChildProcess[] = []

const onCore = (core: number, command: string, args: readonly string[]): [string, string[]] =>
  pinned ? ['taskset', ['-c', String(core), command, ...args]] : [command, [...args]]

async function started(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<{ readonly child: ChildProcess; readonly line: string }> {
  const [program, words] = onCore(0, command, args)
  const child = spawn(program, words, { env, stdio: ['ignore', 'pipe', 'ignore'] })
  children.push(child)
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
  return { child, line }
}

const stopper = (child: ChildProcess) => async (): Promise<void> => {
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  await ended
}

async function bareServer(bytes: number): Promise<Server> {
  const began = performance.now()
  const { child, line } = await started(process.execPath, [resolve(ROOT, 'tools/bench/bare-server.ts'), String(bytes)])
  return { port: Number(line), pid: child.pid ?? 0, startMilliseconds: performance.now() - began, stop: stopper(child) }
}

async function understudy(folder: string, seedFile: string): Promise<Server> {
  const args = [
    BIN,
    'start',
    '--data',
    join(folder, 'data'),
    '--seed',
    seedFile,
    '--listen',
    '127.0.0.1:0',
    '--console',
    '127.0.0.1:0',
  ]
  const began = performance.now()
  const { child, line } = await started(process.execPath, args, {
    ...process.env,
    XDG_STATE_HOME: join(folder, 'state'),
  })
  const match = /aws=http:\/\/127\.0\.0\.1:(\d+) .*pid=(\d+)/.exec(line)
  if (!match) throw new Error(`the server said: ${line}`)
  const server = { port: Number(match[1]), pid: Number(match[2]), stop: stopper(child) }
  await fetch(`http://127.0.0.1:${server.port}/`)
  return { ...server, startMilliseconds: performance.now() - began }
}

interface Signed {
  readonly service: 'sts' | 's3'
  readonly method: string
  readonly path: string
  readonly body: string
}

/** The bytes of a signed request. The same signature is good for fifteen minutes. */
function requestBytes({ service, method, path, body }: Signed, port: number): Buffer {
  const host = `127.0.0.1:${port}`
  const signed = signV4({
    request: {
      method,
      rawPath: path,
      rawQuery: '',
      headers: [
        ['Host', host],
        ...(body === '' ? [] : [['Content-Type', 'application/x-www-form-urlencoded'] as const]),
      ],
    },
    signer: { ...user, region: 'us-east-1', service },
    now: Date.now(),
    body,
  })
  const headers = signed.headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  return Buffer.from(
    `${method} ${path} HTTP/1.1\r\n${headers}User-Agent: bench\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}

const assumeRole = `Action=AssumeRole&Version=2011-06-15&RoleArn=${encodeURIComponent(ROLE)}&RoleSessionName=bench`
const sessionPolicy = JSON.stringify({
  Version: '2012-10-17',
  Statement: { Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::bench/*' },
})
const withAll = `${assumeRole}&SourceIdentity=bench&Tags.member.1.Key=team&Tags.member.1.Value=blue&Policy=${encodeURIComponent(sessionPolicy)}`
const CALLS: Readonly<Record<string, Signed>> = {
  GetCallerIdentity: { service: 'sts', method: 'POST', path: '/', body: 'Action=GetCallerIdentity&Version=2011-06-15' },
  AssumeRole: { service: 'sts', method: 'POST', path: '/', body: assumeRole },
  'AssumeRole, tag, source identity, session policy': { service: 'sts', method: 'POST', path: '/', body: withAll },
  'S3 GetObject, 1 KiB, bucket policy': { service: 's3', method: 'GET', path: '/bench/kibibyte', body: '' },
}

async function measure(
  name: string,
  server: Server,
  request: Buffer,
  results: Map<string, LoadResult[]>,
): Promise<void> {
  process.stderr.write(`measuring ${name}\n`)
  const result = await run({
    host: '127.0.0.1',
    port: server.port,
    request,
    connections: CONNECTIONS,
    milliseconds: MILLISECONDS,
    pid: server.pid,
  })
  results.set(name, [...(results.get(name) ?? []), result])
}

const best = (results: readonly LoadResult[]) => ({
  requestsPerSecond: Math.max(...results.map((result) => result.requestsPerSecond)),
  cpu: Math.min(...results.map((result) => result.cpuMicroseconds ?? Number.NaN)),
})

type Results = Map<string, LoadResult[]>

const assumeRoleCall = CALLS['AssumeRole'] as Signed
const bareRequest = (bare: Server): Buffer => requestBytes({ ...assumeRoleCall }, bare.port)
const besideMany = `AssumeRole beside ${MANY_ROLES} roles`

/** Rounds with few rows, then with many; every round measures every server, so that a noisy minute hits all alike. */
async function measureAll(folder: string, seedFile: string, results: Results): Promise<readonly string[]> {
  const bare = await bareServer(1500)
  const few = await understudy(folder, seedFile)
  const resident = residentMebibytes(few.pid)
  const neighbour = await moto(onCore)
  await warmUp(few)
  for (let round = 0; round < ROUNDS; round++) {
    await measure('bare node:http', bare, bareRequest(bare), results)
    for (const [name, call] of Object.entries(CALLS)) await measure(name, few, requestBytes(call, few.port), results)
    if (neighbour) await measure('moto AssumeRole', neighbour, requestBytes(assumeRoleCall, neighbour.port), results)
  }
  const residentAfter = residentMebibytes(few.pid)
  await few.stop()
  await neighbour?.stop()
  await fillRoles(join(folder, 'data'), ACCOUNT, MANY_ROLES)
  const many = await understudy(folder, seedFile)
  await warmUp(many)
  for (let round = 0; round < ROUNDS; round++) {
    await measure(besideMany, many, requestBytes(assumeRoleCall, many.port), results)
    await measure('bare node:http', bare, bareRequest(bare), results)
  }
  await many.stop()
  await bare.stop()
  return [
    `start to first answered request: ${Math.round(few.startMilliseconds)} ms (new folder), ${Math.round(many.startMilliseconds)} ms (beside ${MANY_ROLES} roles)`,
    `resident memory: ${resident} MiB after start, ${residentAfter} MiB after the load`,
  ]
}

const WARM_UP_MILLISECONDS = 4000

/** The compiler of the engine needs some ten thousand requests before it has settled. */
async function warmUp(server: Server): Promise<void> {
  for (const call of Object.values(CALLS))
    await run({
      host: '127.0.0.1',
      port: server.port,
      request: requestBytes(call, server.port),
      connections: CONNECTIONS,
      milliseconds: WARM_UP_MILLISECONDS,
      pid: server.pid,
    })
}

async function main(): Promise<void> {
  if (pinned) spawnSync('taskset', ['-cp', '1', String(process.pid)])
  const folder = mkdtempSync(join(tmpdir(), 'understudy-bench-'))
  const seedFile = join(folder, 'seed.json')
  writeFileSync(seedFile, JSON.stringify(seed))
  const results: Results = new Map()
  try {
    report(results, await measureAll(folder, seedFile, results))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function report(results: Results, notes: readonly string[]): void {
  const say = (line: string): boolean => process.stdout.write(`${line}\n`)
  const floor = best(results.get('bare node:http') ?? [])
  const cores = pinned ? 'one core for the server' : 'cores shared'
  say(`node ${process.version}, ${ROUNDS} rounds of ${MILLISECONDS} ms, ${CONNECTIONS} connections, ${cores}`)
  say('| call | requests/s | CPU µs | against bare |')
  say('|---|---|---|---|')
  for (const [name, rounds] of results) {
    const { requestsPerSecond, cpu } = best(rounds)
    say(`| ${name} | ${requestsPerSecond} | ${cpu.toFixed(1)} | ${(cpu / floor.cpu).toFixed(2)} |`)
  }
  for (const note of notes) say(note)
  const growth = best(results.get(besideMany) ?? []).cpu / best(results.get('AssumeRole') ?? []).cpu
  say(`${besideMany}: ${growth.toFixed(2)} of the CPU time without them`)
}

await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
  // Servers that were started may still run: they end with this process's group.
  for (const child of children) child.kill('SIGKILL')
  process.exitCode = 1
})
