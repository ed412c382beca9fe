namespace ActorDcp.Producer.Tests.Captures;

/// <summary>How far a branch had come when a marker was sent.</summary>
/// <param name="Before">Index of the event before which it had.</param>
/// <param name="Branch">The branch.</param>
/// <param name="Start">Start of the snapshot.</param>
/// <param name="End">Its end; the highest number when the marker does not tell.</param>
/// <param name="OnDisk">Whether it was read from disk.</param>
/// <param name="Opens">Whether it begins a checkpoint.</param>
internal sealed record ReachedSnapshot(int Before, RecordedBranch Branch, ulong Start, ulong End, bool OnDisk, bool Opens);
