#!/usr/bin/env node
// The command `understudy`. Says what is wrong on an old Node, or goes on with the one that `npm ci` brought.
import { existsSync } from 'fs'
import { dirname, join } from 'path'
import module from 'module'
import { homedir } from 'os'
import { fileURLToPath, pathToFileURL } from 'url'
import { advice, findPinnedNode, handOver, isNewEnough } from './pinned-node.js'

const here = dirname(fileURLToPath(import.meta.url))

if (isNewEnough(process.version)) {
  // Compiled code of earlier runs halves the start. In a folder of this user: shared ones could hold anybody's code.
  module.enableCompileCache(join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'understudy', 'compile'))
  const source = join(here, '..', 'src', 'cli', 'main.ts')
  const built = join(here, '..', 'dist', 'cli', 'main.js')
  const { runFromProcess } = await import(pathToFileURL(existsSync(source) ? source : built).href)
  await runFromProcess()
} else {
  const pinned = findPinnedNode(here)
  if (pinned === undefined) {
    process.stderr.write(advice(process.version))
    process.exitCode = 2
  } else {
    handOver(pinned, [fileURLToPath(import.meta.url), ...process.argv.slice(2)])
  }
}
