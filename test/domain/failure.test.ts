import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, FastCheck, Schema } from "effect"
import { Blame, DispatchFailureCode, movesOn, stopsRun } from "../../src/domain/Blame.ts"
import { codeOf, DispatchError } from "../../src/domain/Failure.ts"

const anyError = Arbitrary.make(DispatchError)

describe("failures", () => {
  it("bd-XXXX.3.3 the codes are exactly the six that monitoring knows", () => {
    assert.deepStrictEqual(
      [...DispatchFailureCode.literals],
      ["claim_failed", "preflight_failed", "provider_unavailable", "runner_error", "timeout", "unknown"]
    )
  })

  it("bd-XXXX.3.3 every error has a code and a blame, and keeps both through JSON", () => {
    const codec = Schema.parseJson(DispatchError)
    FastCheck.assert(
      FastCheck.property(anyError, (error) => {
        const decoded = Schema.decodeSync(codec)(Schema.encodeSync(codec)(error))
        assert.strictEqual(decoded._tag, error._tag)
        assert.isTrue(Schema.is(DispatchFailureCode)(codeOf(decoded)))
        assert.isTrue(Schema.is(Blame)(decoded.blame))
        assert.strictEqual(codeOf(decoded), codeOf(error))
        assert.isString(decoded.message)
        assert.isFalse(movesOn(decoded) && stopsRun(decoded))
      })
    )
  })
})
