import { Either } from "effect"
import { RunnerFailed } from "../../domain/Failure.ts"

/** Why no job can start on this host, whatever the run chooses: the runner's program is missing. `undefined` if it is there. */
export const missingRunner = (version: Either.Either<string, RunnerFailed>): RunnerFailed | undefined =>
  Either.isLeft(version) && version.left.blame === "config"
    ? new RunnerFailed({
        ...version.left,
        detail: `${version.left.message}; without its runner no job can start or be settled. Install it, or set runner.path`,
        nextAction: undefined
      })
    : undefined
