/** The version of this package. */
import { readFileSync } from 'node:fs'

/** `0.1.0`, from the package's own description. */
export function version(): string {
  const description: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  if (typeof description === 'object' && description !== null && 'version' in description)
    return String(description.version)
  throw new Error('package.json of the server has no version')
}
