import { Layer } from "effect"
import { childEnvironment, type EnvironmentPolicy, type Variables } from "./childEnvironment.ts"
import { Exec, type ExecSpec } from "./Exec.ts"
import { launch } from "./launch.ts"
import { endGroup, identify, isAlive } from "./processIdentity.ts"
import { run } from "./run.ts"
import { which } from "./which.ts"

interface Options extends EnvironmentPolicy {
  readonly environment?: Variables
}

/**
 * `Exec` on Node's processes. A command gets the usual variables of our environment (default: `process.env`), those that the
 * policy passes, and those that its spec sets.
 *
 * @example
 * NodeExec.layerWith({ pass: ["MY_AGENT_*"] })
 */
export const layerWith = ({ environment, ...policy }: Options): Layer.Layer<Exec> => {
  const ours = () => environment ?? process.env
  const withEnvironment = <Spec extends Pick<ExecSpec, "env">>(spec: Spec) => ({
    ...spec,
    env: childEnvironment(ours(), spec.env, policy)
  })
  return Layer.succeed(Exec, {
    run: (spec) => run(withEnvironment(spec)),
    launch: (spec) => launch(withEnvironment(spec)),
    identify,
    isAlive,
    endGroup,
    which: (command) => which(command, ours()["PATH"])
  })
}

/** `layerWith` that passes only the usual variables. */
export const layer: Layer.Layer<Exec> = layerWith({})
