// Generates packages/wire/src/model/{iam,sts,s3}-table.ts and -types.ts. `node tools/generate-model.ts [--check]`.
// Sources: the schemas that the official clients export, the constraints of an installed botocore, patches.json.
import * as iam from '@aws-sdk/client-iam'
import * as s3 from '@aws-sdk/client-s3'
import * as sts from '@aws-sdk/client-sts'
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { readBotocore } from './generate-model-botocore.ts'
import { readClient } from './generate-model-client.ts'
import { mergeModels } from './generate-model-merge.ts'
import { applyPatches, applyStatuses, remaining } from './generate-model-patches.ts'
import type { Patches } from './generate-model-patches.ts'
import { renderTable, renderTypes } from './generate-model-types.ts'

const CLIENTS = { iam, sts, s3 } as const
const FOLDER = new URL('../packages/wire/src/model/', import.meta.url)

/** File name → text. undefined where no botocore is installed. Throws where the sources disagree. */
export function generateModels(): ReadonlyMap<string, string> | undefined {
  const services = Object.keys(CLIENTS) as (keyof typeof CLIENTS)[]
  const botocore = readBotocore(services)
  if (botocore === undefined) return undefined
  const patches = JSON.parse(readFileSync(new URL('patches.json', FOLDER), 'utf8')) as Patches
  const files = new Map<string, string>()
  for (const service of services) {
    const boto = botocore.models[service]
    if (boto === undefined) throw new Error(`botocore has no ${service}`)
    const { model, complaints } = mergeModels(service, readClient(CLIENTS[service]), boto)
    const open = remaining(service, complaints, patches.accepted)
    if (open.length > 0) throw new Error(`the sources of ${service} disagree:\n${open.join('\n')}`)
    const sources = `@aws-sdk/client-${service} ${clientVersion(service)} and botocore ${botocore.version}`
    const patched = applyStatuses(applyPatches(model, patches.patches), patches.statuses)
    files.set(`${service}-table.ts`, renderTable(patched, sources))
    files.set(`${service}-types.ts`, renderTypes(patched, sources))
  }
  return files
}

function clientVersion(service: string): string {
  const manifest = createRequire(import.meta.url)(`@aws-sdk/client-${service}/package.json`) as {
    readonly version: string
  }
  return manifest.version
}

/** Where the committed files lie. */
export const modelFile = (name: string): URL => new URL(name, FOLDER)

function main(): void {
  const files = generateModels()
  if (files === undefined) {
    process.stderr.write('No python3 with botocore found: install botocore to generate the models.\n')
    process.exitCode = 2
    return
  }
  for (const [name, text] of files) writeFileSync(modelFile(name), text)
  process.stdout.write(`wrote ${[...files.keys()].join(', ')}\n`)
}

if (import.meta.main) main()
