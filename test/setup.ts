import { FastCheck } from "effect"

// The same properties are tried on the same values every night. Raise numRuns and drop the seed to hunt.
FastCheck.configureGlobal({ seed: 20261122 })
