namespace ActorDcp.Hosting.Configuration;

/// <summary>The handler type that code added, and the way from a configured name to a type.</summary>
internal sealed class HandlerRegistry
{
    /// <summary>The type given to AddHandler; null when configuration decides.</summary>
    public Type? Handler { get; set; }

    /// <summary>The handler type of a name as configuration has it; null when there is none or it handles nothing.</summary>
    public static Type? Resolve(string name)
    {
        Type? type;
        try
        {
            type = Type.GetType(name, throwOnError: false);
        }
        catch (Exception e) when (e is ArgumentException or IOException or BadImageFormatException)
        {
            return null;
        }
        return type is { IsAbstract: false } && IsHandler(type) ? type : null;
    }

    /// <summary>Whether a type can handle changes: an <see cref="IDcpHandler"/>, or an actor.</summary>
    public static bool IsHandler(Type type) =>
        typeof(IDcpHandler).IsAssignableFrom(type) || typeof(Akka.Actor.ActorBase).IsAssignableFrom(type);
}
