namespace ActorDcp.Hosting.Http;

/// <summary>A vbucket's last 100 facts, newest first.</summary>
internal sealed record VBucketHistory(string Group, int Vb, IReadOnlyList<HistoryFact> Facts);

/// <summary>One fact of a vbucket's life.</summary>
/// <param name="At">When it happened.</param>
/// <param name="Fact">What: ownership_taken, stream_opened, rolled_back, rollback_acknowledged, paused, resumed, start_pinned.</param>
/// <param name="Epoch">Epoch of the owner it happened to.</param>
/// <param name="Text">In words, with the seqnos that belong to it.</param>
internal sealed record HistoryFact(DateTimeOffset At, string Fact, long Epoch, string Text);
