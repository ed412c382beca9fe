namespace ActorDcp.Producer.Tests.Captures;

/// <summary>
/// Cas values and uuids of a recording, and what they are in this run. A cas is a vbucket's: two vbuckets may have given out the same.
/// </summary>
internal sealed class RecordedNames
{
    /// <summary>Scope of what is one thing in the whole recording.</summary>
    public const int Everywhere = -1;

    private readonly Dictionary<(ulong Recorded, int VBucket), ulong> _now = [];

    public static RecordedNames None { get; } = new();

    public bool Knows(ulong recorded, int vbucket) => _now.ContainsKey((recorded, vbucket));

    public void Learn(ulong recorded, int vbucket, ulong now) => _now[(recorded, vbucket)] = now;

    /// <summary>What stands for a recorded name in this run; the name itself when it is none.</summary>
    public ulong Now(ulong recorded, int vbucket) => _now.GetValueOrDefault((recorded, vbucket), recorded);
}
