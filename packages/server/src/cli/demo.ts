/** `understudy demo`: plays the story of roles against a throw-away server, and prints each step, the call, the answer and the reason. */
import type { CommandBody, Terminal } from './command.ts'
import { flag } from './command.ts'
import { startStage } from './demo-stage.ts'
import type { Stage } from './demo-stage.ts'
import { CHAPTERS } from './demo-story.ts'
import type { Happening } from './demo-story.ts'
import { styled } from './terminal.ts'

export const demo: CommandBody = async (input, terminal) => {
  const stage = await startStage()
  try {
    const happenings = await play(stage, flag(input, 'json') ? undefined : terminal)
    const surprises = happenings.filter((happening) => !happening.asTold)
    if (flag(input, 'json')) terminal.out(JSON.stringify({ steps: happenings }, undefined, 2))
    else terminal.out(closing(happenings.length, surprises.length))
    return surprises.length === 0 ? 0 : 1
  } finally {
    await stage.close()
  }
}

/** @param terminal where the story is told as it happens; nowhere for `--json` */
async function play(stage: Stage, terminal: Terminal | undefined): Promise<readonly Happening[]> {
  const happenings: Happening[] = []
  for (const chapter of CHAPTERS) {
    terminal?.out(`\n${styled(terminal, 'bold', chapter.title)}`)
    for await (const happening of chapter.play(stage)) {
      happenings.push(happening)
      if (terminal !== undefined) tell(happening, terminal)
    }
  }
  return happenings
}

function tell(happening: Happening, terminal: Terminal): void {
  const { text, command, answer, reason, asTold } = happening
  terminal.out('')
  terminal.out(`  ${text}`)
  terminal.out(styled(terminal, 'dim', `  $ ${command}`))
  terminal.out(`  ${styled(terminal, happening.succeeded ? 'green' : 'red', answer)}`)
  for (const line of reason) terminal.out(`    ${styled(terminal, 'cyan', 'why')} ${line}`)
  if (!asTold) terminal.out(styled(terminal, 'yellow', '  This is not what the story expected.'))
}

const closing = (steps: number, surprises: number): string =>
  surprises === 0
    ? `\n${steps} steps, each as AWS would have it. Start your own: understudy start`
    : `\n${surprises} of ${steps} steps went otherwise than the story says.`
