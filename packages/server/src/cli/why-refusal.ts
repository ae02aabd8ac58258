/** Refusals before, or beside, any policy: what the caller was told, and for signatures what we computed and why it differs. */
import type { ShownRefusal } from '../services/admin/explanation.ts'
import type { Terminal } from './command.ts'
import { styled } from './terminal.ts'

/** Details that are texts of several lines, in the order in which they explain. */
const BLOCKS: readonly (readonly [name: string, title: string])[] = [
  ['canonicalRequest', 'Our canonical request'],
  ['stringToSign', 'Our string to sign'],
]

/** @param byPolicies the refusal is the policies' verdict, so that only the caller's answer is left to be told */
export function refusalLines(refusal: ShownRefusal, byPolicies: boolean, terminal: Terminal): readonly string[] {
  return [
    '',
    `The caller was told: ${refusal.error} (${refusal.status}) ${refusal.message}`.trimEnd(),
    ...(refusal.explanation === undefined ? [] : [styled(terminal, 'bold', refusal.explanation)]),
    ...(byPolicies ? [] : detailLines(refusal.details ?? {})),
  ]
}

function detailLines(details: Readonly<Record<string, unknown>>): readonly string[] {
  const blocks = BLOCKS.flatMap(([name, title]) => {
    const value = details[name]
    return typeof value === 'string' ? ['', `${title}:`, ...value.split('\n').map((line) => `  ${line}`)] : []
  })
  const others = Object.entries(details).filter(([name]) => !BLOCKS.some(([known]) => known === name))
  return [...others.flatMap(([name, value]) => detail(name, value)), ...blocks]
}

/** The claims of a token are many: one to a line. */
function detail(name: string, value: unknown): readonly string[] {
  if (name !== 'claims' || typeof value !== 'object' || value === null) return [`  ${name}: ${detailText(value)}`]
  return [`  ${name}:`, ...Object.entries(value).map(([claim, text]) => `    ${claim}: ${detailText(text)}`)]
}

/** The hint of the signature check has a text of its own. */
function detailText(value: unknown): string {
  if (typeof value === 'string') return value
  if (Array.isArray(value)) return [...new Set(value.map(String))].join(', ')
  if (typeof value === 'object' && value !== null && 'explains' in value) {
    const { explains } = value
    if (typeof explains === 'object' && explains !== null && 'text' in explains) return String(explains.text)
  }
  return JSON.stringify(value)
}
