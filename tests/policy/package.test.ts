/**
 * `@understudy/policy` as others get it: packed from a copy of its folder, unpacked into an empty project, used as its README says, and in a
 * browser where there is one.
 */
import assert from 'node:assert/strict'
import { execFile, execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import * as policy from '@understudy/policy'
import { browserProgram } from '../support/browser.ts'

const ROOT = resolve(fileURLToPath(import.meta.url), '../../..')
const README = readFileSync(join(ROOT, 'packages/policy/README.md'), 'utf8')
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
const skip = spawnSync(npm, ['--version']).status === 0 ? false : 'npm is missing'

const folder = mkdtempSync(join(tmpdir(), 'understudy-pack-'))
const project = join(folder, 'project')
const installed = join(project, 'node_modules/@understudy/policy')
after(() => rmSync(folder, { recursive: true, force: true }))

/** A copy, since packing rewrites package.json for a moment and other tests read it at the same time. */
function pack(): void {
  const copy = join(folder, 'clone')
  const own = join(copy, 'packages/policy')
  mkdirSync(join(copy, 'packages/server'), { recursive: true })
  const isSource = (path: string): boolean => !/[\\/](?:dist|node_modules)$|tsbuildinfo$/.test(path)
  cpSync(join(ROOT, 'packages/policy'), own, { recursive: true, filter: isSource })
  cpSync(join(ROOT, 'packages/server/bin'), join(copy, 'packages/server/bin'), { recursive: true })
  for (const name of ['tools', 'tsconfig.base.json']) cpSync(join(ROOT, name), join(copy, name), { recursive: true })
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'), 'junction')
  const source = readFileSync(join(own, 'package.json'), 'utf8')
  // Through a shell on Windows only, where npm is a script.
  execFileSync(npm, ['pack', '--pack-destination', folder], { cwd: own, stdio: 'pipe', shell: npm !== 'npm' })
  assert.equal(readFileSync(join(own, 'package.json'), 'utf8'), source, 'package.json is brought back')
  mkdirSync(installed, { recursive: true })
  execFileSync('tar', ['xzf', join(folder, `understudy-policy-0.1.0.tgz`), '--strip-components=1', '-C', installed])
  writeFileSync(join(project, 'package.json'), '{"type":"module"}')
}
before(() => {
  if (!skip) pack()
})

const codeBlock = (language: string): string => {
  const found = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'ms').exec(README)?.[1]
  assert.ok(found, `the README has a block of ${language}`)
  return found
}

test('the example of the README prints what the README says', { skip }, () => {
  writeFileSync(join(project, 'example.js'), codeBlock('js'))
  const printed = execFileSync(process.execPath, ['example.js'], { cwd: project, encoding: 'utf8' })
  assert.equal(printed, codeBlock('text'))
})

test('what is packed is built, has types, holds no tests and imports nothing', { skip }, () => {
  const { exports } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as {
    readonly exports: Readonly<Record<string, Readonly<Record<string, string>>>>
  }
  assert.deepEqual(exports['.'], { types: './dist/index.d.ts', default: './dist/index.js' })
  const listed = execFileSync('tar', ['tzf', join(folder, 'understudy-policy-0.1.0.tgz')], { encoding: 'utf8' })
  const files = listed.trim().split(/\r?\n/)
  for (const target of Object.values(exports).flatMap((entry) => Object.values(entry))) {
    assert.ok(files.includes(`package/${target.slice(2)}`), target)
  }
  assert.deepEqual(
    files.filter((file) => /\.test\.|^package\/src/.test(file)),
    [],
  )
  const code = files.filter((file) => /^package\/dist\/(?!conformance).*\.js$/.test(file))
  assert.ok(code.length > 40)
  for (const file of code) {
    const text = readFileSync(join(installed, file.slice('package/'.length)), 'utf8')
    assert.doesNotMatch(text, /^(?:import|export) .*from ['"][^.]/m, file)
  }
})

test('the README names everything that is exported', () => {
  for (const name of Object.keys(policy)) assert.match(README, new RegExp(`\`${name}\\b`), name)
})

const withoutBrowser = skip || (browserProgram === undefined ? 'chromium is missing' : false)

test('the page decides in a browser', { skip: withoutBrowser }, async () => {
  const types: Readonly<Record<string, string>> = { html: 'text/html', js: 'text/javascript' }
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname
    const file = path.startsWith('/dist/') ? join(installed, path) : join(ROOT, 'packages/policy', path)
    response.setHeader('Content-Type', types[path.slice(path.lastIndexOf('.') + 1)] ?? 'application/octet-stream')
    response.end(readFileSync(file))
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/examples/browser.html`
    const page = await dump(browserProgram ?? '', url)
    assert.match(page, /<output id="answer" class="deny">Deny \(implicit-deny:identity\), IDENTITY\.NO_ALLOW/)
    assert.match(page, /"Action": "s3:PutObject"/)
  } finally {
    server.close()
  }
})

/** The page's elements after its scripts have run. */
async function dump(program: string, url: string): Promise<string> {
  const profile = join(folder, 'profile')
  const screenshot = process.env['UNDERSTUDY_SCREENSHOT']
  const target = screenshot === undefined ? ['--dump-dom'] : ['--dump-dom', `--screenshot=${screenshot}`]
  const options = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    `--user-data-dir=${profile}`,
    '--virtual-time-budget=5000',
  ]
  const { promise, resolve: settle, reject } = Promise.withResolvers<string>()
  execFile(program, [...options, ...target, url], { timeout: 60_000 }, (error, stdout) => {
    if (error) reject(error)
    else settle(stdout)
  })
  return promise
}
