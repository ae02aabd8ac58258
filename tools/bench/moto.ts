/** moto's server as a neighbour in the benchmark, where it is installed. It checks neither signatures nor policies. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'

export interface MotoServer {
  readonly port: number
  readonly pid: number
  readonly startMilliseconds: number
  readonly stop: () => Promise<void>
}

const PORT = 34_517
const ATTEMPTS = 100

/** @returns undefined, with a notice, where `moto_server` is missing */
export async function moto(
  onCore: (core: number, command: string, args: readonly string[]) => [string, string[]],
): Promise<MotoServer | undefined> {
  if (spawnSync('moto_server', ['--help']).status !== 0) {
    process.stdout.write('moto_server is not installed: not measured\n')
    return undefined
  }
  const began = performance.now()
  const [program, args] = onCore(0, 'moto_server', ['-H', '127.0.0.1', '-p', String(PORT)])
  const child = spawn(program, args, { stdio: 'ignore' })
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const up = await fetch(`http://127.0.0.1:${PORT}/moto-api/`).then(
      () => true,
      () => false,
    )
    if (up) {
      return {
        port: PORT,
        pid: child.pid ?? 0,
        startMilliseconds: performance.now() - began,
        stop: async () => {
          const ended = once(child, 'exit')
          child.kill('SIGTERM')
          await ended
        },
      }
    }
    await pause(200)
  }
  child.kill('SIGKILL')
  throw new Error('moto_server did not answer')
}
