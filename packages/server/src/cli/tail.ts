/** `understudy tail`: a line for each decision as it is made. Ends when the server does, or with Ctrl-C. */
import type { CommandBody, Terminal } from './command.ts'
import { flag } from './command.ts'
import { adminClient } from './client.ts'
import { at, shown } from './answer.ts'
import { styled } from './terminal.ts'

export const tail: CommandBody = async (input, terminal) => {
  const onlyDenied = flag(input, 'denied')
  const stream = await adminClient(input, terminal).stream('tail')
  let rest = ''
  const decoder = new TextDecoder()
  for await (const bytes of stream) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines.filter((candidate) => candidate !== '')) {
      const decision: unknown = JSON.parse(line)
      if (onlyDenied && at(decision, 'verdict') !== 'Deny') continue
      terminal.out(flag(input, 'json') ? line : decisionLine(decision, terminal))
    }
  }
  return 0
}

function decisionLine(decision: unknown, terminal: Terminal): string {
  const isDenied = at(decision, 'verdict') === 'Deny'
  return [
    shown(decision, 'at'),
    styled(terminal, isDenied ? 'red' : 'green', isDenied ? 'Deny ' : 'Allow'),
    shown(decision, 'principal'),
    shown(decision, 'action'),
    shown(decision, 'resource'),
    ...(isDenied ? [styled(terminal, 'yellow', shown(decision, 'code'))] : []),
    styled(terminal, 'dim', shown(decision, 'decisionId')),
  ].join('  ')
}
