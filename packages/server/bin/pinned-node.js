// Finds a Node that can run this project, and hands over to it. Plain old JavaScript: it also runs where Node is too old.
import { spawn } from 'child_process'
import { existsSync, readdirSync } from 'fs'
import { dirname, join } from 'path'

const NEEDED = [24, 15]

/** Whether a version such as `v26.10.0` is new enough. */
export function isNewEnough(version) {
  const [major, minor] = version.replace(/^v/, '').split('.').map(Number)
  return major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1])
}

/** The Node that `npm ci` brought, looked for in `node_modules` of this folder and of those above it. */
export function findPinnedNode(folder) {
  for (let place = folder; ; place = dirname(place)) {
    const modules = join(place, 'node_modules')
    const names = existsSync(modules) ? readdirSync(modules).filter((name) => name.startsWith('node-')) : []
    for (const name of names) {
      for (const file of ['node', 'node.exe']) {
        const path = join(modules, name, 'bin', file)
        if (existsSync(path)) return path
      }
    }
    if (dirname(place) === place) return undefined
  }
}

/** What to tell somebody whose Node is too old. */
export function advice(version) {
  return (
    `Understudy needs Node ${NEEDED.join('.')} or newer; this is ${version}.\n` +
    'In a clone, `npm ci` brings the right one: run it, then `npx understudy …` or `npm start`.\n' +
    'Elsewhere, install a newer Node from https://nodejs.org/.\n'
  )
}

/**
 * Runs a script on another Node in this process's place: same streams, signals passed on, same end.
 * Ends this process when the other one has ended.
 */
export function handOver(node, args) {
  const child = spawn(node, args, { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => {
    process.stderr.write(`Cannot run ${node}: ${error.message}\n`)
    process.exit(1)
  })
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}
