/** Whether a policy document may stand where the seed puts it: the same checks that the services make. */
import { parsePolicy } from '@understudy/policy'

/** Where a document stands. A bucket's is checked once more with the bucket's name, which its resources must name. */
export type DocumentKind = 'identity' | 'trust' | 'bucket' | 'scp' | 'rcp' | { readonly bucket: string }

/** What is wrong with a document, in AWS's words; `undefined` when nothing is. */
export function documentProblem(text: string, kind: DocumentKind): string | undefined {
  const json = jsonProblem(text)
  if (json !== undefined) return json
  if (kind === 'bucket') return undefined
  const parsed =
    typeof kind === 'object' ? parsePolicy(text, 's3-bucket', { bucket: kind.bucket }) : parsePolicy(text, kind)
  return parsed.ok ? undefined : parsed.message
}

function jsonProblem(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? undefined
      : 'the document is no JSON object'
  } catch (error) {
    return `the document is no JSON: ${error instanceof Error ? error.message : String(error)}`
  }
}
