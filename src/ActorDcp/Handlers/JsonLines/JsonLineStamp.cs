namespace ActorDcp.Handlers.JsonLines;

/// <summary>What a handler adds to a line.</summary>
/// <param name="At">When the event was handled; written as Unix time in microseconds.</param>
/// <param name="Member">Name of the cluster member.</param>
/// <param name="Epoch">Epoch of the vbucket's owner.</param>
internal readonly record struct JsonLineStamp(DateTimeOffset At, string Member, OwnershipEpoch Epoch);
