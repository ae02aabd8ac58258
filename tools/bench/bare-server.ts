/** The floor: node:http that reads a body and answers as many bytes as AssumeRole does. Prints its port. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const answer = Buffer.alloc(Number(process.argv[2] ?? 1500), 'x')
const server = createServer((request, response) => {
  request.on('data', () => undefined)
  request.on('end', () => {
    response.setHeader('content-type', 'text/xml')
    response.setHeader('content-length', answer.length)
    response.end(answer)
  })
})
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`))
