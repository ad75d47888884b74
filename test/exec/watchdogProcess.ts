import { Duration, Effect } from "effect"
import { watchdog } from "../../src/exec/watchdog.ts"

/** A program with a watchdog: `blocks`, `sleeps` for so many milliseconds, with a limit in milliseconds or `none`. */
const [does, time = "0", limit = "none"] = process.argv.slice(2)

const block = Effect.sync(() => {
  const begin = Date.now()
  while (Date.now() - begin < 60_000);
})

Effect.runFork(
  Effect.scoped(
    Effect.gen(function* () {
      yield* watchdog({
        name: "run",
        blocked: "1.2 seconds",
        limit: limit === "none" ? Duration.infinity : Number(limit)
      })
      process.stdout.write("watched\n")
      yield* Effect.sleep(Number(time))
      if (does === "blocks") yield* block
      process.stdout.write("done\n")
    })
  )
)
