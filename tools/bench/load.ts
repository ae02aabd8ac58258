/** A load generator that costs little: keep-alive sockets that send the same bytes again and count whole answers. */
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import type { Socket } from 'node:net'

export interface Load {
  readonly host: string
  readonly port: number
  /** The whole request, head and body. */
  readonly request: Buffer
  readonly connections: number
  readonly milliseconds: number
  /** Process whose CPU time is measured. */
  readonly pid: number
}

export interface LoadResult {
  readonly requests: number
  readonly requestsPerSecond: number
  /** Microseconds of CPU time of the server for a request; undefined where the system does not tell. */
  readonly cpuMicroseconds: number | undefined
  /** Status line of the first answer, to see that the right thing was measured. */
  readonly status: string
}

/** @throws Error when an answer is not 2xx, or the server closes a connection */
export async function run(load: Load): Promise<LoadResult> {
  const state = { requests: 0, status: '', until: performance.now() + load.milliseconds }
  const cpuBefore = cpuMilliseconds(load.pid)
  const started = performance.now()
  stayAwake(state)
  await Promise.all(Array.from({ length: load.connections }, () => drive(load, state)))
  const seconds = (performance.now() - started) / 1000
  const cpuAfter = cpuMilliseconds(load.pid)
  return {
    requests: state.requests,
    requestsPerSecond: Math.round(state.requests / seconds),
    cpuMicroseconds:
      cpuBefore === undefined || cpuAfter === undefined ? undefined : ((cpuAfter - cpuBefore) * 1000) / state.requests,
    status: state.status,
  }
}

/**
 * Polls instead of sleeping. To wake a processor that sleeps costs the one who wakes it, on a virtual machine more than the
 * answer itself; the slower the server, the more often it would pay for that, and the more wrongly.
 */
function stayAwake(state: State): void {
  if (performance.now() < state.until) setImmediate(stayAwake, state)
}

interface State {
  requests: number
  status: string
  readonly until: number
}

/** One connection after another: some servers close after each answer. */
async function drive(load: Load, state: State): Promise<void> {
  while (performance.now() < state.until) await oneConnection(load, state)
}

function oneConnection(load: Load, state: State): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect(load.port, load.host)
    let pending: Buffer = Buffer.alloc(0)
    let answered = 0
    socket.setNoDelay(true)
    socket.on('connect', () => socket.write(load.request))
    socket.on('error', reject)
    socket.on('close', () => (answered > 0 ? resolve() : reject(new Error('the server closed a connection'))))
    socket.on('data', (chunk: Buffer) => {
      pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk])
      const whole = wholeAnswer(pending)
      if (whole === undefined) return
      if (!whole.status.includes(' 2')) {
        reject(new Error(`the server answered ${whole.status}: ${pending.subarray(0, 800).toString()}`))
        socket.destroy()
        return
      }
      state.status ||= whole.status
      state.requests++
      answered++
      pending = pending.subarray(whole.length)
      if (performance.now() < state.until && !whole.closes) socket.write(load.request)
      else socket.end()
    })
  })
}

function wholeAnswer(
  bytes: Buffer,
): { readonly status: string; readonly length: number; readonly closes: boolean } | undefined {
  const end = bytes.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const head = bytes.subarray(0, end).toString('latin1')
  const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0)
  const whole = end + 4 + length
  return bytes.length < whole
    ? undefined
    : { status: head.slice(0, head.indexOf('\r\n')), length: whole, closes: /^connection: close/im.test(head) }
}

const TICKS_PER_SECOND = 100

/** CPU time of a process so far, on Linux. */
export function cpuMilliseconds(pid: number): number | undefined {
  if (process.platform !== 'linux') return undefined
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS_PER_SECOND
}

/** Resident memory in MiB, on Linux. */
export function residentMebibytes(pid: number): number | undefined {
  if (process.platform !== 'linux') return undefined
  const kibibytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return kibibytes === undefined ? undefined : Math.round(Number(kibibytes) / 1024)
}
