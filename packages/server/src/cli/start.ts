/** `understudy start`: runs a server until a signal ends it. */
import type { CommandBody, Terminal } from './command.ts'
import { styled } from './terminal.ts'
import { jsonLog } from '../start/log.ts'
import { startOptions } from '../start/options.ts'
import type { StartOptions } from '../start/options.ts'
import { runServer } from '../start/run.ts'
import type { RunningServer } from '../start/run.ts'

export const start: CommandBody = async (input, terminal) => {
  const options = startOptions(input, terminal.environment)
  const log = jsonLog(terminal.err, Date.now)
  const ended = nextSignal()
  const server = await runServer(options, terminal.environment, log)
  for (const line of guide(server, options, terminal)) terminal.err(line)
  terminal.out(`understudy ready aws=${server.awsUrl} console=${server.consoleUrl} pid=${process.pid}`)
  log.write({ event: 'stopping', signal: await ended })
  await server.close()
  return 0
}

/** Asked for before the start, so that a signal during the start is not lost. */
function nextSignal(): Promise<string> {
  return new Promise((resolve) => {
    process.on('SIGTERM', () => resolve('SIGTERM'))
    process.on('SIGINT', () => resolve('SIGINT'))
  })
}

/** What listens where, where data lives, how to use it, and every leniency in force. */
function guide(server: RunningServer, options: StartOptions, terminal: Terminal): readonly string[] {
  const address = server.consoleUrl === DEFAULT_CONSOLE ? '' : `UNDERSTUDY_SERVER=${server.consoleUrl} `
  const kept = server.data.ephemeral ? 'nowhere: everything is forgotten when the server stops' : server.data.folder
  return [
    '',
    styled(terminal, 'bold', 'Understudy is running.'),
    `  AWS endpoint   ${server.awsUrl}   (IAM, STS and S3, every Region)`,
    `  Admin API      ${server.consoleUrl}   (health, readiness, metrics, explanations)`,
    ...(server.instances > 0
      ? [`  Instances      ${server.instances}   (addresses: ${address}npx understudy imds list)`]
      : []),
    `  Data           ${kept}`,
    `  Keys           ${server.data.credentialsFile}   (AWS shared-credentials format)`,
    '',
    'In another shell:',
    `  eval "$(${address}npx understudy env)"`,
    '  aws sts get-caller-identity',
    `  ${address}npx understudy why last      # the last decision, and why`,
    '',
    ...labLines(server),
    ...leniencyLines(options),
  ]
}

/** Whose name is played is said loudly: tokens of the real issuer are refused meanwhile, and ours are taken. */
const labLines = ({ lab, signIns }: RunningServer): readonly string[] => [
  ...lab.map((issuer) => `Federation lab: this server plays ${issuer} with keys of its own, not the real issuer's.`),
  ...signIns.map((address) => `Federation lab: people sign in at ${address}`),
]

const DEFAULT_CONSOLE = 'http://127.0.0.1:4567'

function leniencyLines({ leniencies, movableClock }: StartOptions): readonly string[] {
  const lines = [...leniencies].map(([option, effect]) => `Leniency ${option}: ${effect}.`)
  if (movableClock)
    lines.push('Session time can be moved (--clock movable): expiry follows `understudy clock advance`.')
  return lines.length === 0 ? ['No leniency is in force.'] : lines
}
