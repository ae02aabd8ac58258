/** Operations that `sts.amazonaws.com` does not have. A bare address has no global endpoint. STS API Reference. */
import { AwsError } from '../../errors/aws-error.ts'
import type { Call } from '../operation.ts'

const GLOBAL_HOST = /^sts\.amazonaws\.com(:\d+)?$/i

/** @param text AWS's words, which differ by operation. @throws AwsError InvalidAction on the global endpoint */
export function refuseOnGlobalEndpoint(call: Call, text = 'Unknown Operation'): void {
  if (GLOBAL_HOST.test(call.request.host))
    throw new AwsError('InvalidAction', 400, text, {
      diagnosis: 'REQUEST.INVALID',
      explanation: `${call.operation} exists on regional endpoints only: \`sts.REGION.amazonaws.com\`.`,
    })
}
