/** Terraform with the AWS provider of a plugin folder: where it lies, and runs of it in a folder of their own. Downloads nothing. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { isInstalled } from './clients.ts'

const TERRAFORM = 'terraform'
const PROVIDER = 'registry.terraform.io/hashicorp/aws'
/** Where plugins lie that were downloaded before. */
const USUAL_PLACES = [
  '/usr/share/terraform/plugins',
  '/usr/local/share/terraform/plugins',
  join(homedir(), '.terraform.d/plugins'),
]
const places = process.env['UNDERSTUDY_TEST_TERRAFORM_PLUGINS']
const plugins = (places === undefined ? USUAL_PLACES : [places]).find((folder) => existsSync(join(folder, PROVIDER)))

/** What is missing for these tests, or false. */
export const missing = !isInstalled(TERRAFORM, '-version')
  ? 'cannot be installed from a registry: Terraform'
  : plugins === undefined &&
    `cannot be installed from a registry: a folder with ${PROVIDER} (name one in UNDERSTUDY_TEST_TERRAFORM_PLUGINS)`

export interface Run {
  readonly code: number | null
  readonly text: string
}

export interface Workspace {
  /** @param settings values of the configuration's variables */
  readonly run: (words: readonly string[], settings?: Readonly<Record<string, string>>) => Promise<Run>
  readonly remove: () => void
}

/**
 * A folder with the configuration, initialized.
 * @param environment further variables of Terraform's environment; of ours, none of AWS or Terraform are passed on
 */
export async function workspace(
  configuration: string,
  endpoint: string,
  environment: Readonly<Record<string, string>>,
): Promise<Workspace> {
  const folder = mkdtempSync(join(tmpdir(), 'understudy-terraform-'))
  copyFileSync(configuration, join(folder, 'main.tf'))
  const run: Workspace['run'] = async (words, settings = {}) => {
    const kept = Object.entries(process.env).filter(([name]) => !/^(?:AWS_|TF_)/.test(name))
    const variables = Object.entries({ endpoint, ...settings })
    const env = {
      ...Object.fromEntries(kept),
      ...Object.fromEntries(variables.map(([name, value]) => [`TF_VAR_${name}`, value])),
      ...environment,
      AWS_EC2_METADATA_DISABLED: 'true',
      CHECKPOINT_DISABLE: '1',
      TF_IN_AUTOMATION: '1',
      TF_INPUT: '0',
      TF_CLI_ARGS: '-no-color',
    }
    const child = spawn(TERRAFORM, [...words], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] })
    let text = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += String(chunk)))
    await once(child, 'close')
    return { code: child.exitCode, text }
  }
  const made = await run(['init', `-plugin-dir=${plugins}`])
  assert.equal(made.code, 0, made.text)
  return { run, remove: () => rmSync(folder, { recursive: true, force: true }) }
}
