/** `npm run replay -- …`: runs the recordings' replay tool against a server in its own process, from beside the project. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const tool = resolve(root, '../shared/tools/replay/replay.mjs')
if (!existsSync(tool)) {
  process.stderr.write('replay: the replay tool is not beside this checkout (../shared/tools/replay)\n')
  process.exit(2)
}
const given = process.argv.slice(2)
const driver = given.includes('--driver') ? [] : ['--driver', resolve(root, 'tests/replay/driver.ts')]
const file = given.includes('--file') ? [] : ['--file', resolve(root, '../shared/recordings/aws-recorded.json')]
const run = spawnSync(process.execPath, [tool, ...file, ...driver, ...given], { cwd: root, stdio: 'inherit' })
process.exit(run.status ?? 2)
