/** DecodeAuthorizationMessage: opens the encoded message of a refusal for a principal of the refused caller's account. */
import type { StsOperations } from '@understudy/wire'
import type { Operations } from '../operation.ts'
import { invalidAuthorizationMessage } from './errors.ts'

export const decodeOperations = {
  DecodeAuthorizationMessage: {
    access: 'read',
    ask: () => [{ action: 'sts:DecodeAuthorizationMessage', resource: '*' }],
    handle: async (input, call) => {
      const opened = call.platform.messages.open(input.EncodedMessage, call.account, call.now)
      if (!opened.ok) throw invalidAuthorizationMessage(opened.why)
      return { DecodedMessage: opened.text }
    },
  },
} satisfies Operations<StsOperations, 'DecodeAuthorizationMessage'>
