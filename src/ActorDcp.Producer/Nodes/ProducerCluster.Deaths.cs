using ActorDcp.Producer.Connections;

namespace ActorDcp.Producer.Nodes;

/// <summary>Nodes that stop while nobody waits for it: by a fault, or at their own request.</summary>
internal sealed partial class ProducerCluster
{
    /// <summary>Stops a node, which stays a member: cleanly, or as if its process were killed.</summary>
    public async Task StopSoonAsync(ProducerNode node, bool clean)
    {
        try
        {
            await _changing.WaitAsync(_stop.Token);
            try
            {
                await node.StopAsync(clean);
            }
            finally
            {
                _changing.Release();
            }
        }
        catch (OperationCanceledException)
        {
            // all stop
        }
        catch (Exception exception)
        {
            Log.ConnectionFailed(null, exception);
        }
    }
}
