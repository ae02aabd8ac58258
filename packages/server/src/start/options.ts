/** What `understudy start` was asked to do, after the options were checked. */
import { UsageError, flag, textOption } from '../cli/command.ts'
import type { CommandInput, Environment } from '../cli/command.ts'
import { hostAndPort } from '../main.ts'

export interface StartOptions {
  readonly store:
    | { readonly kind: 'sqlite'; readonly folder: string }
    | { readonly kind: 'ephemeral' }
    | { readonly kind: 'postgres'; readonly url: string; readonly folder: string }
  readonly listen: string
  readonly console: string
  readonly seed?: string
  readonly movableClock: boolean
  /** File with the outer key; made beside the user's other state when absent. */
  readonly keyFile?: string
  readonly auditFile?: string
  readonly auditRequired: boolean
  /** Leniencies in force: option → what it lets through. Each is a line at start-up. */
  readonly leniencies: ReadonlyMap<string, string>
  /** Refuse in SAML assertions what AWS lets pass. */
  readonly samlStrict: boolean
  readonly imdsImmediate: boolean
  readonly imdsLifetimeSeconds?: number
  readonly imdsPeriodSeconds?: number
}

const DATA_FOLDER = '.understudy'

/** @throws UsageError for options that do not go together or make no sense */
export function startOptions(input: CommandInput, environment: Environment): StartOptions {
  const listen = address(textOption(input, 'listen') ?? '127.0.0.1:4566', 'listen')
  const consoleAddress = address(textOption(input, 'console') ?? '127.0.0.1:4567', 'console')
  const seed = textOption(input, 'seed')
  const keyFile = textOption(input, 'key-file') ?? environment['UNDERSTUDY_KEY_FILE']
  const auditFile = textOption(input, 'audit-file')
  const clock = textOption(input, 'clock')
  if (clock !== undefined && clock !== 'movable')
    throw new UsageError(`\`--clock ${clock}\` is unknown: the only value is movable`)
  const saml = textOption(input, 'saml')
  if (saml !== undefined && saml !== 'strict')
    throw new UsageError(`\`--saml ${saml}\` is unknown: the only value is strict`)
  const lifetime = seconds(input, 'imds-lifetime')
  const period = seconds(input, 'imds-period')
  return {
    store: storeOption(input),
    listen,
    console: consoleAddress,
    ...(seed === undefined ? {} : { seed }),
    movableClock: clock === 'movable',
    ...(keyFile === undefined ? {} : { keyFile }),
    ...(auditFile === undefined ? {} : { auditFile }),
    auditRequired: flag(input, 'audit-required'),
    leniencies: leniencies(input),
    samlStrict: saml === 'strict',
    imdsImmediate: flag(input, 'imds-immediate'),
    ...(lifetime === undefined ? {} : { imdsLifetimeSeconds: lifetime }),
    ...(period === undefined ? {} : { imdsPeriodSeconds: period }),
  }
}

function storeOption(input: CommandInput): StartOptions['store'] {
  const folder = textOption(input, 'data')
  const store = textOption(input, 'store') ?? 'sqlite'
  if (flag(input, 'ephemeral')) {
    if (folder !== undefined) throw new UsageError('`--ephemeral` keeps nothing, so it takes no `--data`')
    if (store !== 'sqlite') throw new UsageError('`--ephemeral` is a store of its own, so it takes no `--store`')
    return { kind: 'ephemeral' }
  }
  if (store === 'sqlite') return { kind: 'sqlite', folder: folder ?? DATA_FOLDER }
  if (/^postgres(ql)?:\/\//.test(store)) return { kind: 'postgres', url: store, folder: folder ?? DATA_FOLDER }
  throw new UsageError('`--store` takes sqlite or postgres://…')
}

function address(text: string, option: string): string {
  try {
    hostAndPort(text)
    return text
  } catch (error) {
    throw new UsageError(`--${option}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function seconds(input: CommandInput, option: string): number | undefined {
  const text = textOption(input, option)
  if (text === undefined) return undefined
  const value = Number(text)
  if (!Number.isInteger(value) || value <= 0) throw new UsageError(`\`--${option}\` takes whole seconds`)
  return value
}

function leniencies(input: CommandInput): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  if (flag(input, 'imds-immediate'))
    found.set(
      '--imds-immediate',
      'changes of roles and trust policies show in instance metadata at once; AWS shows them at the next rotation',
    )
  if (flag(input, 'private-issuers'))
    found.set(
      '--private-issuers',
      'keys of web identity issuers are fetched from loopback, private and unique-local addresses too; AWS reaches public ones only',
    )
  if (flag(input, 'shared-issuers-unchecked'))
    found.set(
      '--shared-issuers-unchecked',
      'trust policies for issuers of many tenants (GitHub, GitLab …) need not tell the tenants apart; AWS refuses such policies',
    )
  return found
}
