namespace ActorDcp.Host.Bench;

/// <summary>What <c>bench</c> can measure.</summary>
internal enum BenchMeasure
{
    /// <summary>CPU and bytes a second of reader, drain and member.</summary>
    Cost,

    /// <summary>CPU of reader and member at one pace.</summary>
    Pace,

    /// <summary>From a write's answer to its handler.</summary>
    Latency,

    /// <summary>What a slow vbucket costs the others.</summary>
    Isolation,

    /// <summary>What a member holds over a long time.</summary>
    Memory,
}
