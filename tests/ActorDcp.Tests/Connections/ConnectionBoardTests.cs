using ActorDcp.Client;
using ActorDcp.Connections;

namespace ActorDcp.Tests.Connections;

public sealed class ConnectionBoardTests
{
    private const int Nodes = 20_000;

    [Fact]
    public async Task It_can_be_read_while_nodes_come()
    {
        var board = new ConnectionBoard();
        var coming = Task.Run(() =>
        {
            for (var port = 1; port <= Nodes; port++)
                board.SetFailure(new KvEndpoint("node", port), "away", DateTimeOffset.UnixEpoch);
        });

        var last = 0;
        while (!coming.IsCompleted)
        {
            var seen = board.Entries.Count;
            Assert.InRange(seen, last, Nodes);
            last = seen;
        }
        await coming;

        Assert.Equal(Nodes, board.Entries.Count);
    }
}
