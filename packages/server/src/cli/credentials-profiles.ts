/** Reads files in the AWS shared-credentials format. */

export interface Profile {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

/** Profile name → keys; profiles without both members are left out. AWS SDKs and Tools Reference, "Shared config and credentials files". */
export function parseCredentialsFile(text: string): ReadonlyMap<string, Profile> {
  const sections = new Map<string, Map<string, string>>()
  let section: Map<string, string> | undefined
  for (const line of text.split(/\r?\n/)) {
    const heading = /^\s*\[\s*(?:profile\s+)?([^\]]+?)\s*\]/.exec(line)
    const setting = /^([\w-]+)\s*=\s*(.*?)\s*$/.exec(line)
    if (heading?.[1] !== undefined) {
      section = sections.get(heading[1]) ?? new Map<string, string>()
      sections.set(heading[1], section)
    } else if (setting?.[1] !== undefined && setting[2] !== undefined) {
      section?.set(setting[1], setting[2])
    }
  }
  const profiles = new Map<string, Profile>()
  for (const [name, settings] of sections) {
    const accessKeyId = settings.get('aws_access_key_id')
    const secretAccessKey = settings.get('aws_secret_access_key')
    if (accessKeyId && secretAccessKey) profiles.set(name, { accessKeyId, secretAccessKey })
  }
  return profiles
}
