using Microsoft.Extensions.Logging;

namespace ActorDcp.Client;

/// <summary>Calls what others passed in, from a read loop, which nothing of theirs may end.</summary>
internal static class Callback
{
    internal static void Call<T>(Action<T>? callback, T argument, KvEndpoint from, ILogger log)
    {
        try
        {
            callback?.Invoke(argument);
        }
#pragma warning disable CA1031 // whatever a callback throws must not end the read loop
        catch (Exception exception)
#pragma warning restore CA1031
        {
            ClientLog.CallbackFailed(log, from, exception);
        }
    }
}
