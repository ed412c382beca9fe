using System.Globalization;

namespace ActorDcp.Host.Serve;

/// <summary>What a life of the member is started with; a process has more than one when the cluster removed it.</summary>
/// <param name="Words">Of the command line.</param>
/// <param name="File">A configuration file to read besides.</param>
/// <param name="Rejoins">Whether it was a member before.</param>
/// <param name="IsReady">Whether the ready line was printed.</param>
internal sealed record MemberRun(string[] Words, string? File, bool Rejoins, bool IsReady)
{
    /// <summary>The next life, at the same ports, for others know them.</summary>
    public MemberRun Again(int http, int cluster) => this with
    {
        Words =
        [
            .. Words,
            "--ActorDcp:Http:Port", http.ToString(CultureInfo.InvariantCulture),
            "--ActorDcp:Cluster:Port", cluster.ToString(CultureInfo.InvariantCulture),
        ],
        Rejoins = true,
    };
}
