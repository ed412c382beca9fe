using System.Globalization;
using ActorDcp.Cluster.Tests.Members;

namespace ActorDcp.Cluster.Tests.Measuring;

/// <summary>What a cluster that runs takes.</summary>
/// <param name="Processors">Of each member, busy on average.</param>
/// <param name="Resident">MiB of each member.</param>
/// <param name="Connections">To the database, of all members.</param>
/// <param name="Transactions">A second in the database.</param>
/// <param name="Rows">Written a second in the database.</param>
/// <param name="KibBetween">KiB a second from and to all members, between them.</param>
internal sealed record ClusterUse(
    IReadOnlyList<double> Processors, IReadOnlyList<double> Resident, int Connections, double Transactions, double Rows, double KibBetween)
{
    public static async Task<ClusterUse> OverAsync(TimeSpan span, TestCluster cluster, DatabaseWatch database)
    {
        var members = cluster.Running;
        var clock = TimeProvider.System.GetTimestamp();
        var (used, look, passed) = (members.Select(member => member.Usage.Processor).ToList(), database.Last, cluster.Network.Passed);
        using var timer = new PeriodicTimer(span);
        await timer.WaitForNextTickAsync();
        var seconds = TimeProvider.System.GetElapsedTime(clock).TotalSeconds;
        var now = database.Last;
        return new ClusterUse(
            [.. members.Select((member, i) => (member.Usage.Processor - used[i]).TotalSeconds / seconds)],
            [.. members.Select(member => member.Usage.Resident / 1024.0 / 1024.0)],
            now.Connections,
            (now.Transactions - look.Transactions) / seconds,
            (now.Rows - look.Rows) / seconds,
            (cluster.Network.Passed - passed) / 1024.0 / seconds);
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"processors a member {Spread.Of(Processors, "0.000")}, RSS a member {Spread.Of(Resident, "0")} MiB, database connections {Connections}, transactions/s {Transactions:0}, rows/s {Rows:0}, between members {KibBetween:0} KiB/s");
}
