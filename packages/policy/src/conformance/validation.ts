/** Reads the `validation` rows of a vector file and asks the parser about them. */
import { checkInlineQuota } from '../validation/sizes.ts'
import type { Principal } from '../types.ts'
import type { NamedPrincipal, ParseOptions } from '../validation/options.ts'
import { parsePolicy } from '../validation/parse.ts'
import type { PolicyType } from '../validation/problem.ts'
import { checkPolicyArns } from '../sts-rules/policies.ts'

export interface ValidationRow {
  readonly id: string
  readonly rule: string
  readonly title: string
  readonly confidence: 'high' | 'medium'
  readonly policyType: PolicyType
  /** An object, or the text itself; `<…>` describes a document that is too long to be printed. */
  readonly document: unknown
  readonly expected: {
    readonly valid: boolean
    readonly code?: string
    /** null: the refusal is documented, its wording was not found. */
    readonly message?: string | null
  }
}

export interface ValidationAnswer {
  readonly valid: boolean
  readonly code?: string
  readonly message?: string
}

/** The bucket that bucket policies are put on, and who saves key policies. */
const BUCKET = 'data'
const ADMINISTRATOR: Principal = {
  kind: 'user',
  accountId: '111122223333',
  arn: 'arn:aws:iam::111122223333:user/administrator',
  userId: 'AIDAADMINISTRATOR',
}

/** Titles of rows that name a user or role who is not there. */
const NOBODY =
  /(?:does|do) not exist|unknown (?:principal|user|role)|missing (?:principal|user|role)|deleted|no such|nonexist/i

const isAccount = ({ kind, value }: NamedPrincipal): boolean => kind !== 'AWS' || /^\d{12}$|:root$/.test(value)

/** The parser's answer to a row, in the world that its title describes. */
export function answerValidation(row: ValidationRow): ValidationAnswer {
  const { title, document, policyType } = row
  const described = typeof document === 'string' && /^<.*>$/s.test(document) ? document.slice(1, -1) : undefined
  if (described !== undefined) return answerDescribed(described, title, policyType)
  const text = typeof document === 'string' ? document : JSON.stringify(document)
  const options: ParseOptions = {
    bucket: BUCKET,
    caller: ADMINISTRATOR,
    ...(NOBODY.test(title) ? { exists: isAccount } : {}),
  }
  return answerOf(parsePolicy(text, policyType, options))
}

function answerOf(result: ReturnType<typeof parsePolicy>): ValidationAnswer {
  return result.ok ? { valid: true } : { valid: false, code: result.code, message: result.message }
}

/** `<6145 non-whitespace characters>`, `<document of 6000 non-whitespace and 3000 whitespace characters>`, `<11 PolicyArns>`. */
function answerDescribed(words: string, title: string, type: PolicyType): ValidationAnswer {
  const numbers = [...words.matchAll(/\d[\d,]*/g)].map(([digits]) => Number(digits.replaceAll(',', '')))
  const [size = 0, blanks = 0] = numbers
  if (/arns?\b/i.test(words)) return refused(checkPolicyArns(Array<string>(size).fill('arn:aws:iam::aws:policy/x')))
  const text = documentOfSize(size, /non-(?:white)?space/.test(words) ? blanks : 0, type)
  const both = `${words} ${title}`
  const entity = /\b(user|group|role)\b/.exec(both)?.[1] as 'user' | 'group' | 'role' | undefined
  if (type === 'inline' || (entity && type !== 'trust' && /inline/i.test(both))) {
    return refused(checkInlineQuota({ kind: entity ?? 'role', name: 'NAME' }, [text]))
  }
  return answerOf(parsePolicy(text, type))
}

const refused = (problem: { readonly code?: string; readonly message: string } | undefined): ValidationAnswer =>
  problem ? { valid: false, ...problem } : { valid: true }

/** A valid document of exactly `size` characters that count, and `blanks` that stand between its parts. */
function documentOfSize(size: number, blanks: number, type: PolicyType): string {
  const named = { Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }
  const plain = { Effect: 'Allow', Action: 'sqs:SendMessage', Resource: '*' }
  const rcp = { Effect: 'Deny', Principal: '*', Action: 'sqs:SendMessage', Resource: '*' }
  const statement = type === 'trust' ? named : type === 'rcp' ? rcp : plain
  const empty = JSON.stringify({ Version: '2012-10-17', Statement: [{ Sid: '', ...statement }] })
  const text = empty.replace('"Sid":""', `"Sid":"${'x'.repeat(Math.max(0, size - empty.length))}"`)
  return text.replace('{', `{${' '.repeat(blanks)}`)
}

/** Right code, and right text where the corpus knows it. */
export function isRightValidation(row: ValidationRow, got: ValidationAnswer): boolean {
  const { valid, code, message } = row.expected
  if (got.valid !== valid) return false
  if (valid) return true
  return (
    (code === undefined || got.code === code) && (message === undefined || message === null || got.message === message)
  )
}
