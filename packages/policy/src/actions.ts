/** Which statements of a policy speak of an action. The answer depends on nothing else, so it is kept for reuse. */
import type { ActionTest, Candidates, StatementBody } from './compiled.ts'
import { compileGlob, globMatches, patternOf } from './language/glob.ts'
import type { CompiledPolicy } from './types.ts'

/** Answers kept per policy; a caller who sends ever new action names makes the table start again. */
const KEPT_MAX = 256

/** Does the test cover the action, given in lower case? Absent: a statement without Action matches nothing. */
export function actionMatches(test: ActionTest | undefined, action: string): boolean {
  if (!test) return false
  return test.globs.some((glob) => globMatches(glob, action)) !== test.not
}

/** Does a pattern of Action, as a policy writes it, cover `action`? The case of both counts for nothing. */
export const matchesAction = (pattern: string, action: string): boolean =>
  globMatches(compileGlob(patternOf(pattern.toLowerCase())), action.toLowerCase())

/** The statements of the policy whose action element covers `action`, in the order of the document. */
export function candidates(policy: CompiledPolicy, action: string): Candidates {
  const known = policy.byAction.get(action)
  if (known) return known
  const name = action.toLowerCase()
  const matching = policy.statements.filter((statement) => actionMatches(statement.action, name))
  const found: Candidates = {
    allows: matching.filter((statement: StatementBody) => statement.effect === 'Allow'),
    denies: matching.filter((statement: StatementBody) => statement.effect === 'Deny'),
  }
  if (policy.byAction.size >= KEPT_MAX) policy.byAction.clear()
  policy.byAction.set(action, found)
  return found
}
