// Most of a test is one thread's work: fixtures run beside each other, as many as there are cores. A device is never
// shared between fixtures.
[assembly: Parallelizable(ParallelScope.Fixtures)]
