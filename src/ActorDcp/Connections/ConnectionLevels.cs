using ActorDcp.Client;
using ActorDcp.Telemetry;

namespace ActorDcp.Connections;

/// <summary>An open connection's flow control, for gauges.</summary>
internal sealed class ConnectionLevels(DcpConnection connection) : IConnectionLevels
{
    public string Node { get; } = connection.Endpoint.ToString();

    public long Window => connection.Ledger.Window;

    public long Unacknowledged => connection.Ledger.Unacknowledged;

    public long Parked => connection.Ledger.Parked;

    public long Pinned => connection.Statistics.PinnedBytes;
}
