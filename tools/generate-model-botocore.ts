// Owns reading botocore's service models: constraints, required members, declared errors, paging.
import { spawnSync } from 'node:child_process'

export interface BotoShape {
  readonly type: string
  readonly members?: Readonly<Record<string, BotoMember>>
  readonly required?: readonly string[]
  readonly member?: BotoMember
  readonly key?: BotoMember
  readonly value?: BotoMember
  readonly min?: number
  readonly max?: number
  readonly pattern?: string
  readonly enum?: readonly string[]
  readonly sensitive?: boolean
  readonly flattened?: boolean
  readonly error?: { readonly code?: string; readonly httpStatusCode?: number; readonly senderFault?: boolean }
  readonly exception?: boolean
}

export interface BotoMember {
  readonly shape: string
  readonly locationName?: string
  readonly location?: string
  readonly flattened?: boolean
}

export interface BotoOperation {
  readonly name: string
  readonly http: { readonly method: string; readonly requestUri: string; readonly responseCode?: number }
  readonly input?: BotoMember
  readonly output?: BotoMember
  readonly errors?: readonly BotoMember[]
  readonly authtype?: string
  readonly deprecated?: boolean
}

export interface BotoPaging {
  readonly input_token: string | readonly string[]
  readonly output_token: string | readonly string[]
  readonly limit_key?: string
  readonly more_results?: string
  readonly result_key: string | readonly string[]
}

export interface BotoModel {
  readonly metadata: { readonly apiVersion: string; readonly xmlNamespace?: string; readonly protocol: string }
  readonly operations: Readonly<Record<string, BotoOperation>>
  readonly shapes: Readonly<Record<string, BotoShape>>
  readonly pagination: Readonly<Record<string, BotoPaging>>
}

/** What an installed botocore holds: its version and one model per service. */
export interface Botocore {
  readonly version: string
  readonly models: Readonly<Record<string, BotoModel>>
}

const SCRIPT = `
import json, sys
try:
    import botocore, botocore.loaders
except ImportError:
    sys.exit(3)
loader = botocore.loaders.Loader()
models = {}
for service in sys.argv[1:]:
    model = loader.load_service_model(service, 'service-2')
    try:
        model['pagination'] = loader.load_service_model(service, 'paginators-1')['pagination']
    except Exception as error:
        if 'UnknownService' not in type(error).__name__ and 'DataNotFound' not in type(error).__name__:
            raise
        model['pagination'] = {}
    models[service] = model
json.dump({'version': botocore.__version__, 'models': models}, sys.stdout)
`

/** Asks the installed Python. undefined when there is no Python or no botocore; throws when reading fails. */
export function readBotocore(services: readonly string[]): Botocore | undefined {
  const run = spawnSync('python3', ['-c', SCRIPT, ...services], { encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 })
  if (run.error !== undefined || run.status === 3) return undefined
  if (run.status !== 0) throw new Error(`reading botocore failed: ${run.stderr}`)
  return JSON.parse(run.stdout) as Botocore
}
