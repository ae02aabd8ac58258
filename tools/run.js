// Runs a script of this clone on a Node that is new enough: `node tools/run.js <script> args…`. Used by package.json's scripts.
import { resolve } from 'path'
import { pathToFileURL, fileURLToPath } from 'url'
import { advice, findPinnedNode, handOver, isNewEnough } from '../packages/server/bin/pinned-node.js'

const [script, ...args] = process.argv.slice(2)

if (script === undefined) {
  process.stderr.write('Say which script to run: node tools/run.js <script> args…\n')
  process.exitCode = 2
} else if (isNewEnough(process.version)) {
  process.argv = [process.argv[0], resolve(script), ...args]
  await import(pathToFileURL(resolve(script)).href)
} else {
  const pinned = findPinnedNode(fileURLToPath(new URL('.', import.meta.url)))
  if (pinned === undefined) {
    process.stderr.write(advice(process.version))
    process.exitCode = 2
  } else {
    handOver(pinned, [resolve(script), ...args])
  }
}
