/**
 * Makes a package ready to be packed, from its own folder: `node ../../tools/run.js ../../tools/prepack.ts`. Builds it afresh,
 * leaves tests out, copies data files beside the code, and lets `exports` point at what was built. `--restore`, the `postpack` of each
 * package, brings the package.json of the clone back. `npm pack` and `npm publish` call both.
 */
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

type Exports = Readonly<Record<string, unknown>>

const ROOT = resolve(fileURLToPath(import.meta.url), '../..')
/** The package.json of the clone, while another one stands in its place. */
const KEPT = '.package.json.kept'
const TEST_FILES = '**/*.{test,fixture}.{js,js.map,d.ts}'

const folder = process.cwd()
if (process.argv.includes('--restore')) restore()
else prepare()

function prepare(): void {
  if (existsSync(KEPT)) restore()
  rmSync('dist', { recursive: true, force: true })
  rmSync('tsconfig.tsbuildinfo', { force: true })
  build()
  for (const file of globSync(TEST_FILES, { cwd: 'dist' })) rmSync(join('dist', file))
  copyData()
  const source = readFileSync('package.json', 'utf8')
  const description = JSON.parse(source) as { readonly exports: Exports }
  const built = { ...description, exports: builtExports(description.exports) }
  writeFileSync(KEPT, source)
  writeFileSync('package.json', `${JSON.stringify(built, undefined, 2)}\n`)
}

function restore(): void {
  if (existsSync(KEPT)) renameSync(KEPT, 'package.json')
}

/** Stops where the compiler finds an error: what is packed has to be sound. */
function build(): void {
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc')
  const { status, error } = spawnSync(process.execPath, [compiler, '-b', folder], { stdio: 'inherit' })
  if (error) throw error
  if (status !== 0) throw new Error(`The build of ${folder} failed.`)
}

/** Whatever the code reads from beside itself at run time. */
function copyData(): void {
  for (const file of globSync('**/*.br', { cwd: 'src' })) {
    const target = join('dist', file)
    mkdirSync(dirname(target), { recursive: true })
    copyFileSync(join('src', file), target)
  }
}

/** `./src/index.ts` → its JavaScript and its declarations in `dist`. */
function builtExports(exports: Exports): Exports {
  return Object.fromEntries(
    Object.entries(exports).map(([name, target]) => {
      const path = typeof target === 'string' ? /^\.\/src\/(.+)\.ts$/.exec(target)?.[1] : undefined
      if (path === undefined) throw new Error(`The export \`${name}\` of ${folder} is no file below src.`)
      return [name, { types: `./dist/${path}.d.ts`, default: `./dist/${path}.js` }]
    }),
  )
}
