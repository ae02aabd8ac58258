/** Findings in the form that code scanning reads: SARIF 2.1.0 (OASIS, "Static Analysis Results Interchange Format"). */
import type { FindingLevel } from '@understudy/policy'
import type { FileFinding } from './lint.ts'

const LEVELS: Readonly<Record<FindingLevel, 'error' | 'warning' | 'note'>> = {
  error: 'error',
  securityWarning: 'warning',
  warning: 'warning',
  suggestion: 'note',
}

/** One run with all findings; a rule for each code that occurs. */
export function sarifLog(found: readonly FileFinding[]): object {
  const rules = [...new Set(found.map(({ code }) => code))].toSorted()
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'understudy lint', rules: rules.map((id) => ({ id })) } },
        results: found.map(({ code, level, message, file, line, path }) => ({
          ruleId: code,
          ruleIndex: rules.indexOf(code),
          level: LEVELS[level],
          message: { text: message },
          locations: [
            {
              physicalLocation: { artifactLocation: { uri: uriOf(file) }, region: { startLine: line } },
              logicalLocations: [{ fullyQualifiedName: path }],
            },
          ],
          ...(level === 'securityWarning' ? { properties: { tags: ['security'] } } : {}),
        })),
      },
    ],
  }
}

/** A relative reference with slashes. */
const uriOf = (file: string): string => file.replaceAll('\\', '/').split('/').map(encodeURIComponent).join('/')
