// Owns the texts that IAM has of its own for names and paths with wrong characters. They come alone, after the
// constraints of the model (recorded for CreateVirtualMFADevice; for roles, users, groups and policies known from many
// bug reports, among them aws-amplify/amplify-cli 9120, aws-cloudformation/cfn-lint 722 and aws/aws-cli 5860).
import type { Member, OperationModel, Structure } from '../model/types.ts'
import { rulesOf } from './rules.ts'

const NAME = 'It must contain only alphanumeric characters and/or the following: +=,.@_-'
const PATH = 'It must begin and end with / and contain only alphanumeric characters and/or / characters.'
const PREFIX = 'It must begin with the / character and contain only alphanumeric characters and/or / characters.'

/** By the name in messages. */
const TEXTS: ReadonlyMap<string, string> = new Map([
  ...['userName', 'newUserName', 'groupName', 'newGroupName', 'roleName', 'policyName', 'instanceProfileName'].map(
    (path) => [path, NAME] as const,
  ),
  ...['serverCertificateName', 'newServerCertificateName', 'virtualMFADeviceName'].map((path) => [path, NAME] as const),
  ['path', PATH],
  ['newPath', PATH],
  ['pathPrefix', PREFIX],
])

/** True for members whose pattern IAM checks in its own words. */
export const hasOwnText = (member: Member): boolean => TEXTS.has(member.path)

/** The text for the first name or path with wrong characters. */
export function ownText(operation: OperationModel, input: Structure): string | undefined {
  for (const member of operation.input.members) {
    const tail = TEXTS.get(member.path)
    const value = input[member.name]
    if (tail === undefined || value === undefined) continue
    if (rulesOf(member.shape).some((rule) => rule.isPattern && !rule.holds(value)))
      return `The specified value for ${member.path} is invalid. ${tail}`
  }
  return undefined
}
