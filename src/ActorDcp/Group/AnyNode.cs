using ActorDcp.Client;

namespace ActorDcp.Group;

/// <summary>Asks what every data node knows, of the first that answers.</summary>
internal static class AnyNode
{
    /// <exception cref="KvConnectionException">None answers.</exception>
    public static async Task<T> AskAsync<T>(
        IReadOnlyList<KvEndpoint> nodes, Func<KvEndpoint, CancellationToken, Task<KvConnection>> connect,
        Func<KvConnection, CancellationToken, Task<T>> question, CancellationToken cancellationToken)
    {
        KvConnectionException? last = null;
        foreach (var node in nodes)
        {
            try
            {
                await using var connection = await connect(node, cancellationToken).ConfigureAwait(false);
                return await question(connection, cancellationToken).ConfigureAwait(false);
            }
            catch (KvConnectionException cause)
            {
                last = cause;
            }
        }
        throw new KvConnectionException($"no data node answers: {last?.Message ?? "there is none"}", last);
    }
}
