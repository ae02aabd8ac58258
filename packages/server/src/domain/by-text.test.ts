import assert from 'node:assert/strict'
import test from 'node:test'
import { byText } from './by-text.ts'

const counted = (lengthMax = 100) => {
  const made: string[] = []
  return { made, of: byText(lengthMax, (text) => ({ made: made.push(text) })) }
}

test('a text is worked out once', () => {
  const { made, of } = counted()
  assert.equal(of('a'), of('a'))
  assert.notEqual(of('a'), of('b'))
  assert.deepEqual(made, ['a', 'b'])
})

test('a long text is worked out each time', () => {
  const { made, of } = counted(1)
  of('ab')
  of('ab')
  assert.deepEqual(made, ['ab', 'ab'])
})

test('what keeps coming stays, what does not goes', () => {
  const { made, of } = counted()
  of('gone')
  for (let index = 0; index < 2000; index++) {
    of('often')
    of(String(index))
  }
  of('gone')
  assert.equal(made.filter((text) => text === 'often').length, 1)
  assert.equal(made.filter((text) => text === 'gone').length, 2)
})
