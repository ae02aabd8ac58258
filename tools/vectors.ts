/**
 * `npm run vectors -- FILE`: puts every row of a vector file (form of packages/policy/conformance/policy-vectors.json)
 * to the policy engine. Prints each miss with what was wanted, what came and why, and `N of M` per part last.
 * Exit code 0 when nothing is missed, 1 on a miss, 2 on wrong usage.
 */
import { readFileSync } from 'node:fs'
import { explain, type DecisionRecord } from '@understudy/policy'
import {
  answerSts,
  answerValidation,
  isRightAnswer,
  isRightSts,
  isRightValidation,
  questionOf,
  type EvaluationRow,
  type StsRow,
  type ValidationRow,
} from '@understudy/policy/conformance'

interface Vectors {
  readonly evaluation?: readonly EvaluationRow[]
  readonly validation?: readonly ValidationRow[]
  readonly sts?: readonly StsRow[]
}

interface Row {
  readonly id: string
  readonly title: string
  readonly confidence?: string
}

/** `why` is a line or more for people. `judged` is false for a row that needs more than the engine. */
interface Verdict {
  readonly right: boolean
  readonly judged: boolean
  readonly wanted: unknown
  readonly got: unknown
  readonly why?: string
}

function judgeEvaluation(row: EvaluationRow): Verdict {
  const { request, set } = questionOf(row)
  const record = explain(request, set)
  const got = { decision: record.effect, reason: record.reason }
  const right = isRightAnswer(row, record, record.blocking)
  return { right, judged: true, wanted: row.expected, got, why: whyOf(record) }
}

/** One line per statement that took part, and for those that nearly matched, their conditions. */
function whyOf(record: DecisionRecord): string {
  const lines = record.layers.flatMap(({ layer, verdict, statements }) => [
    `${layer}: ${verdict}`,
    ...statements.map((statement) => {
      const outcome = statement.matched ? 'matched' : `${statement.failed} failed, ${statement.misses} in all`
      const failed = statement.conditions.filter((condition) => !condition.matched).map((one) => JSON.stringify(one))
      return `  ${statement.policy} statement ${statement.index} ${statement.effect}: ${[outcome, ...failed].join(' ')}`
    }),
  ])
  return [`code ${record.code ?? 'none'}, in the way: ${record.blocking.join(', ') || 'nothing'}`, ...lines].join(
    '\n    ',
  )
}

function judgeValidation(row: ValidationRow): Verdict {
  const got = answerValidation(row)
  return { right: isRightValidation(row, got), judged: true, wanted: row.expected, got }
}

function judgeSts(row: StsRow): Verdict {
  const got = answerSts(row)
  const judged = got !== undefined
  return { right: judged && isRightSts(row, got), judged, wanted: row.expected, got }
}

/** Prints the misses of one part; the line with its figures is printed by the caller, last. */
function runPart<R extends Row>(name: string, rows: readonly R[], judge: (row: R) => Verdict): PartResult {
  let right = 0
  let unjudged = 0
  for (const row of rows) {
    const verdict = attempt(row, judge)
    if (verdict.right) right++
    else if (!verdict.judged) unjudged++
    else print(`MISS ${row.id} (${row.confidence ?? '?'}) ${row.title}\n  ${shown(verdict)}`)
  }
  return { name, right, total: rows.length, unjudged }
}

interface PartResult {
  readonly name: string
  readonly right: number
  readonly total: number
  readonly unjudged: number
}

/** A row that makes the engine throw is a miss. */
function attempt<R extends Row>(row: R, judge: (row: R) => Verdict): Verdict {
  try {
    return judge(row)
  } catch (error) {
    return {
      right: false,
      judged: true,
      wanted: 'an answer',
      got: error instanceof Error ? error.message : String(error),
    }
  }
}

const shown = ({ wanted, got, why }: Verdict): string =>
  [`wanted ${JSON.stringify(wanted)}`, `got    ${JSON.stringify(got)}`, ...(why === undefined ? [] : [why])].join(
    '\n  ',
  )

const print = (line: string): void => {
  process.stdout.write(`${line}\n`)
}

function readVectors(file: string): Vectors | undefined {
  try {
    const content: unknown = JSON.parse(readFileSync(file, 'utf8'))
    const parts = content !== null && typeof content === 'object' ? (content as Vectors) : {}
    return [parts.evaluation, parts.validation, parts.sts].some(Array.isArray) ? parts : undefined
  } catch (error) {
    process.stderr.write(`vectors: ${error instanceof Error ? error.message : String(error)}\n`)
    return undefined
  }
}

function main(args: readonly string[]): number {
  const [file, ...more] = args
  const vectors = file === undefined || more.length > 0 || file.startsWith('-') ? undefined : readVectors(file)
  if (!vectors) {
    process.stderr.write(
      'vectors: name one file with the parts evaluation, validation and sts: npm run vectors -- FILE\n',
    )
    return 2
  }
  const results = [
    runPart('evaluation', vectors.evaluation ?? [], judgeEvaluation),
    runPart('validation', vectors.validation ?? [], judgeValidation),
    runPart('sts', vectors.sts ?? [], judgeSts),
  ]
  for (const { name, right, total, unjudged } of results) {
    const rest = unjudged === 0 ? '' : ` (${total - unjudged} can be judged without a server, ${unjudged} cannot)`
    print(`${name}: ${right} of ${total}${rest}`)
  }
  return results.some(({ right, total, unjudged }) => right + unjudged < total) ? 1 : 0
}

process.exitCode = main(process.argv.slice(2))
