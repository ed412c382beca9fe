using System.Text;
using ActorDcp.Handlers;

namespace ActorDcp.Sample.Tests;

/// <summary>The handler under test: keeps <see cref="OpenOrders"/> as the bucket has them, through failovers too.</summary>
internal sealed class OpenOrdersHandler(OpenOrders orders) : DcpHandlerActor
{
    protected override ValueTask HandleAsync(DcpBatch batch, CancellationToken stopping)
    {
        foreach (var change in batch)
        {
            var key = Encoding.UTF8.GetString(change.Key.Span);
            if (change.IsMutation)
                orders.Add(key, batch.VBucket, change.Seqno, change.ReadJson<Order>());
            else if (change.IsRemoval)
                orders.Add(key, batch.VBucket, change.Seqno, order: null);
        }
        return ValueTask.CompletedTask;
    }

    protected override ValueTask RolledBackAsync(RolledBack rollback, CancellationToken stopping)
    {
        orders.UndoAbove(rollback.VBucket, rollback.To);
        return ValueTask.CompletedTask;
    }
}
