using ActorDcp.Producer.Connections;

namespace ActorDcp.Producer.Nodes;

/// <summary>Nodes that die by a fault.</summary>
internal sealed partial class ProducerCluster
{
    /// <summary>Stops a node as if its process were killed; it stays a member.</summary>
    public async Task CrashAsync(ProducerNode node)
    {
        try
        {
            await _changing.WaitAsync(_stop.Token);
            try
            {
                await node.StopAsync(clean: false);
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
